"""A data set as it lies in its store: record, commits, rows, samples."""
