"""Evidence for readers: the terminal and the result file."""
