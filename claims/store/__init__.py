"""What is kept between runs: entries, locks, pruning, activity of processes, source digests."""
