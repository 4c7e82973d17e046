"""Named data sets: a fixed, documented split into training and held-out data, as tensors on a device."""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch

NAMES = ("digits",)
HELD_OUT_DIGITS = 450
SPLIT_SEED = 7  # of the digits' split; fixed for good, part of what "digits" means


@dataclass(frozen=True)
class Arrays:
    """A data set on the host: x (n, n_features) float32, y (n,) int64; `digest` names its bytes."""

    train_x: np.ndarray
    train_y: np.ndarray
    held_x: np.ndarray
    held_y: np.ndarray
    n_classes: int

    @functools.cached_property
    def digest(self) -> str:
        """16 hex digits over all four arrays."""
        sha = hashlib.sha256()
        for array in (self.train_x, self.train_y, self.held_x, self.held_y):
            sha.update(str((array.shape, array.dtype.str)).encode())
            sha.update(np.ascontiguousarray(array))
        return sha.hexdigest()[:16]


@dataclass(frozen=True)
class Tensors:
    """A data set on a device: x (n, n_features), y (n,)."""

    train_x: torch.Tensor
    train_y: torch.Tensor
    held_x: torch.Tensor
    held_y: torch.Tensor
    n_classes: int


def digits() -> Arrays:
    """The 1,797 handwritten digits of 8 x 8 pixels that scikit-learn carries (UCI optdigits' test part).

    Held out: 450 of them, drawn once with a fixed seed; the other 1,347 are for training. Pixels are centred and scaled by
    the training part's overall mean and standard deviation.
    """
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng(SPLIT_SEED).permutation(len(x))
    held, train = order[:HELD_OUT_DIGITS], order[HELD_OUT_DIGITS:]
    x = ((x - x[train].mean()) / x[train].std()).astype(np.float32)
    y = y.astype(np.int64)
    return Arrays(x[train], y[train], x[held], y[held], n_classes=10)


@functools.lru_cache(maxsize=4)
def load(name: str) -> Arrays:
    """The data set called `name`. Raises ValueError on a name that is none of NAMES."""
    if name not in NAMES:
        raise ValueError(f"`dataset` is {name!r}; allowed: {', '.join(NAMES)}")
    return {"digits": digits}[name]()


@functools.lru_cache(maxsize=4)
def on_device(name: str, device: str) -> Tensors:
    """The same on `device`, loaded once a process."""
    import torch

    arrays = load(name)
    tensors = (torch.from_numpy(a).to(device) for a in (arrays.train_x, arrays.train_y, arrays.held_x, arrays.held_y))
    return Tensors(*tensors, n_classes=arrays.n_classes)
