"""`python -m desktop` is the command line; so is the frozen program, which its own child processes are too."""

import multiprocessing
import sys

from desktop.cli import main

if __name__ == "__main__":
    multiprocessing.freeze_support()
    sys.exit(main())
