"""Reports of a run: terminal, result file, Markdown, pages. They measure and judge nothing."""
