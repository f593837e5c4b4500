"""Configs of jobs: settings that change where and how work runs, but no byte of a data set."""
