"""Bytes in and out: the store of a data set, on disk or S3, and the files of its sources."""
