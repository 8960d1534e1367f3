"""One module for each command of the command line; `lipgate.desktop.cli` has the table of them."""
