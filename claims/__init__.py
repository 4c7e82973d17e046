"""Claims of research memos: read, judged and reported."""
