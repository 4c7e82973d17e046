"""Named data sets: a fixed, documented split into training and held-out data, as tensors on a
device.

One data set a file, each a class with the interface `base.Dataset`. They are named here by strings,
not imported: the source of one does not count as the source of what was trained on another.
"""

from __future__ import annotations

import functools
import importlib
import os
from pathlib import Path

from claims.experiments import digest_of, source_digest
from models.datasets.base import (
    FOLDER_VARIABLE,
    Arrays,
    Dataset,
    DatasetError,
    Tensors,
    data_folder,
)

CLASSES = {
    "digits": "models.datasets.digits:Digits",
    "cifar10": "models.datasets.cifar10:Cifar10",
    "image_folder": "models.datasets.image_folder:ImageFolder",
}
WITH_PATH = ("image_folder",)  # written `image_folder:PATH`
NAMES = tuple(CLASSES)
ALLOWED = ", ".join(f"{name}:PATH" if name in WITH_PATH else name for name in NAMES)


_PRELOADED: dict[str, tuple[Arrays, str]] = {}


def preload(name: str, arrays: Arrays, digest: str) -> None:
    """Make `load` and `fingerprint` return these: a process that was given a data set needs no file
    of it.
    """
    if name in _PRELOADED and _PRELOADED[name][1] == digest:
        return  # the copies on the device stay valid
    _PRELOADED[name] = arrays, digest
    _on_device.cache_clear()


def full_name(name: str, base: Path | None = None) -> str:
    """The name with an absolute path: a relative one is looked for in `base`, then in CLAIMS_DATA.
    Raises DatasetError for a name of no data set.
    """
    if name in _PRELOADED:
        return name
    kind, colon, path = name.partition(":")
    if kind not in NAMES:
        raise DatasetError(f"`{name}` is no data set; allowed: {ALLOWED}")
    if kind not in WITH_PATH:
        if colon:
            raise DatasetError(f"`{name}` names a path, but `{kind}` takes none; write `{kind}`")
        return name
    if not path:
        raise DatasetError(
            f"`{name}` names no path; write `{kind}:PATH`, PATH a folder or .zip that "
            "holds train/CLASS/* and test/CLASS/*"
        )
    return f"{kind}:{_find_path(path, base or Path())}"


def _find_path(path: str, base: Path) -> Path:
    folder = data_folder() if not Path(path).expanduser().is_absolute() else None
    tried = [place / Path(path).expanduser() for place in (base, folder) if place is not None]
    for place in tried:
        if place.exists():
            return place.resolve()
    places = " and no ".join(map(str, dict.fromkeys(tried)))
    raise DatasetError(
        f"there is no {places}; a path is relative to the claims file or to {FOLDER_VARIABLE}"
    )


def fingerprint(name: str) -> str:
    """Digest of the files of a data set and of the code that decodes them: 16 hex digits. Nothing
    is decoded or downloaded.
    """
    return (
        _PRELOADED[name][1]
        if name in _PRELOADED
        else _fingerprint(name, os.environ.get(FOLDER_VARIABLE))
    )


@functools.lru_cache(maxsize=16)
def _fingerprint(name: str, folder: str | None) -> str:
    module = CLASSES[name.partition(":")[0]].partition(":")[0]
    return digest_of([_dataset(name).digest(), source_digest(module)])


def load(name: str) -> Arrays:
    """The data set called `name`, decoded once a process. Raises DatasetError, a ValueError."""
    return (
        _PRELOADED[name][0] if name in _PRELOADED else _load(name, os.environ.get(FOLDER_VARIABLE))
    )


@functools.lru_cache(maxsize=4)
def _load(name: str, folder: str | None) -> Arrays:
    return _dataset(name).load()


def _dataset(name: str) -> Dataset:
    kind, _, path = full_name(name).partition(":")
    module, _, cls = CLASSES[kind].partition(":")
    return getattr(importlib.import_module(module), cls)(*([Path(path)] if path else []))


def on_device(name: str, device: str) -> Tensors:
    """The data set on `device`, made once a process. On a CPU it shares the arrays' memory."""
    return _on_device(name, device, os.environ.get(FOLDER_VARIABLE))


@functools.lru_cache(maxsize=4)
def _on_device(name: str, device: str, folder: str | None) -> Tensors:
    import torch

    arrays = load(name)
    tensors = (
        torch.from_numpy(a).to(device)
        for a in (arrays.train_x, arrays.train_y, arrays.held_x, arrays.held_y)
    )
    return Tensors(*tensors, n_classes=arrays.n_classes)


__all__ = [
    "ALLOWED",
    "NAMES",
    "Arrays",
    "DatasetError",
    "Tensors",
    "fingerprint",
    "full_name",
    "load",
    "on_device",
]
