"""The command line, with one module for each kind of command."""
