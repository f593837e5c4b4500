"""Reading a data set from its store: record, commits, rows and samples."""
