"""Experiments on stacked networks: what claims are judged on."""
