"""The experiments of the memo."""
