"""Python runs this file when a process starts: the trouble of `tests.chaos` begins in drivers and their workers."""

import os
import sys

_STARTED_WITH = " ".join(sys.orig_argv)

if "UNRETOUCH_TROUBLES" in os.environ and ("pipeline.cli.main" in _STARTED_WITH or "default_worker" in _STARTED_WITH):
    from tests.chaos.trouble import begin

    begin(driver="pipeline.cli.main" in _STARTED_WITH)
