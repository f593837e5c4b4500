"""Instructions and answers, written from a pair's recipe and its measured change."""
