"""`python -m lipgate` is the command line."""

import multiprocessing
import sys

if __name__ == "__main__":
    # In a frozen program the processes that score begin here, too.
    multiprocessing.freeze_support()

    from lipgate.desktop.cli import main

    sys.exit(main())
