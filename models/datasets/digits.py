"""The 1,797 handwritten digits of 8 x 8 pixels that come with scikit-learn (the test part of UCI's
optdigits).
"""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.datasets.base import Arrays, require

HELD_OUT = 450
SPLIT_SEED = 7  # never changed: the split is part of the data set


@dataclass(frozen=True)
class Digits:
    """Held out: 450, drawn once with a fixed seed; the other 1,347 are for training. Pixels are
    centred and scaled by the training part's overall mean and standard deviation.
    """

    def digest(self) -> str:
        """Digest of scikit-learn's file. The split counts as code."""
        return hashlib.sha256(_file().read_bytes()).hexdigest()[:16]

    def load(self) -> Arrays:
        with gzip.open(_file()) as file:
            table = np.loadtxt(file, delimiter=",")
        x, y = table[:, :-1], table[:, -1]
        order = np.random.default_rng(SPLIT_SEED).permutation(len(x))
        held, train = order[:HELD_OUT], order[HELD_OUT:]
        x = ((x - x[train].mean()) / x[train].std()).astype(np.float32)
        y = y.astype(np.int64)
        return Arrays(x[train], y[train], x[held], y[held], n_classes=10)


def _file() -> Path:
    """scikit-learn's file, found without importing scikit-learn, which would take a second in every
    worker.
    """
    return (
        require("sklearn", "scikit-learn", "data set `digits` comes with").parent
        / "datasets"
        / "data"
        / "digits.csv.gz"
    )
