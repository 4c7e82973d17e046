"""The interface of a data set: arrays with a fixed split, a digest of the data, and errors with a
remedy.
"""

from __future__ import annotations

import importlib.util
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    import torch

FOLDER_VARIABLE = "CLAIMS_DATA"


class DatasetError(ValueError):
    """A data set that cannot be loaded; the message says what is wrong, where, and what to do."""


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


@dataclass(frozen=True)
class Pixels:
    """Decoded images: x (n, channels, height, width) uint8, y (n,) the index of the class in
    alphabetical order.
    """

    train_x: np.ndarray
    train_y: np.ndarray
    held_x: np.ndarray
    held_y: np.ndarray
    n_classes: int


class Dataset(Protocol):
    """One data set. Both methods raise DatasetError."""

    def digest(self) -> str:
        """A digest of the files of the data set, 16 hex digits. They are not decoded, and neither
        torch nor Pillow is imported.
        """
        ...

    def load(self) -> Arrays:
        """The data, decoded."""
        ...


def require(module: str, library: str, use: str) -> Path:
    """Where an optional library lies: the file of `module`, which is not imported. Raises
    DatasetError where it is not installed; `use` begins the message.
    """
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise DatasetError(
            f"{use} {library}, which is not installed; remedy: pip install {library}"
        )
    return Path(spec.origin)


def data_folder() -> Path | None:
    """The folder that CLAIMS_DATA names, or None where it is not set. Raises DatasetError where
    there is no such folder.
    """
    named = os.environ.get(FOLDER_VARIABLE)
    if not named:
        return None
    folder = Path(named).expanduser()
    if not folder.is_dir():
        raise DatasetError(
            f"`{FOLDER_VARIABLE}` is {named!r}, which is no folder (looked in {Path.cwd()}); "
            "let it name the folder that holds the data, or unset it"
        )
    return folder
