"""Named data sets: a fixed, documented split into training and held-out data, as tensors on a device."""

from __future__ import annotations

import functools
import gzip
import hashlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch

NAMES = ("digits",)
HELD_OUT_DIGITS = 450
SPLIT_SEED = 7  # of the digits' split; fixed for good, part of what "digits" means


@dataclass(frozen=True)
class Arrays:
    """A data set on the host: x (n, n_features) float32, y (n,) int64."""

    train_x: np.ndarray
    train_y: np.ndarray
    held_x: np.ndarray
    held_y: np.ndarray
    n_classes: int


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
    with gzip.open(_digits_file()) as file:
        table = np.loadtxt(file, delimiter=",")
    x, y = table[:, :-1], table[:, -1]
    order = np.random.default_rng(SPLIT_SEED).permutation(len(x))
    held, train = order[:HELD_OUT_DIGITS], order[HELD_OUT_DIGITS:]
    x = ((x - x[train].mean()) / x[train].std()).astype(np.float32)
    y = y.astype(np.int64)
    return Arrays(x[train], y[train], x[held], y[held], n_classes=10)


def _digits_file() -> Path:
    """scikit-learn's own file, found without importing scikit-learn, which would take a second in every worker."""
    spec = importlib.util.find_spec("sklearn")
    if spec is None or spec.origin is None:
        raise ValueError("data set `digits` comes with scikit-learn, which is not installed; remedy: pip install scikit-learn")
    return Path(spec.origin).parent / "datasets" / "data" / "digits.csv.gz"


_PRELOADED: dict[str, tuple[Arrays, str]] = {}


def preload(name: str, arrays: Arrays, digest: str) -> None:
    """Have `load` and `fingerprint` answer with these: a process that was handed a data set needs no file of it."""
    if name in _PRELOADED and _PRELOADED[name][1] == digest:
        return  # what was made of it on the device stays
    _PRELOADED[name] = arrays, digest
    for kept in (load, fingerprint, on_device):
        getattr(kept, "cache_clear", lambda: None)()


@functools.lru_cache(maxsize=4)
def fingerprint(name: str) -> str:
    """Digest of the bytes behind a data set, without decoding them: 16 hex digits. The split is code, and counted as such."""
    if name in _PRELOADED:
        return _PRELOADED[name][1]
    return hashlib.sha256(_digits_file().read_bytes()).hexdigest()[:16]


@functools.lru_cache(maxsize=4)
def load(name: str) -> Arrays:
    """The data set called `name`. Raises ValueError on a name that is none of NAMES."""
    if name in _PRELOADED:
        return _PRELOADED[name][0]
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
