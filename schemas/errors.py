"""The root of all errors that a user can mend. The command line shows their message without a trace."""


class UnretouchError(Exception):
    """Bad input, or something missing. The message names it and says what to do."""

    exit_code = 1
