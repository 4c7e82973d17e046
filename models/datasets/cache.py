"""Decoded images in the user's cache: standardised float32 arrays, memory-mapped, so that all
workers share their pages.

An entry is a folder of .npy files and a manifest, written beside its path and renamed, under a
lock, so that one of several workers decodes and the others wait for it. An entry that does not
match its manifest is named in a warning and made again. A new entry replaces those of older code.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import warnings
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock
from numpy.lib.format import open_memmap

from models.datasets.base import Arrays, DatasetError, Pixels
from models.datasets.files import cache_folder

FORMAT = "claims-data-1"
MANIFEST = "manifest.json"
PARTS = ("train_x", "train_y", "held_x", "held_y")
ROWS = 2048  # examples standardised at a time


class DamagedCacheWarning(UserWarning):
    """Decoded data did not match their manifest; they are decoded again."""


def load_or_decode(digest: str, code: str, decode: Callable[[], Pixels]) -> Arrays:
    """The standardised images of a source, decoded by `decode` where the cache lacks them. `digest`
    and `code`: of the source's files and of the code that decodes them.

    Pixels are flattened channel by channel and scaled by each channel's mean and standard deviation
    over the training part. Arrays are mapped copy-on-write: processes share what they read, and no
    process sees what another writes.
    """
    place = cache_folder() / "decoded" / digest / code
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(place.parent.with_name(f"{digest}.lock")):
            found = _open(place)
            if found is None:
                _write(place, decode())
                found = _open(place)
    except OSError as error:
        raise DatasetError(
            f"cannot keep decoded data in {place}: {error.strerror or error}; free some space, "
            "or let XDG_CACHE_HOME name a folder you may write to"
        ) from error
    if found is None:
        raise DatasetError(
            f"decoded data in {place} do not read back as written; check that disk, or let "
            "XDG_CACHE_HOME name another folder"
        )
    return found


def _open(place: Path) -> Arrays | None:
    """The arrays of an entry, None where there is none or where it is damaged."""
    if not place.exists():
        return None
    try:
        manifest = json.loads((place / MANIFEST).read_text(encoding="utf-8"))
        if manifest.get("format") != FORMAT:
            raise ValueError("it is of another format")
        arrays = {
            name: np.load(place / f"{name}.npy", mmap_mode="c", allow_pickle=False)
            for name in PARTS
        }
        for name, array in arrays.items():
            if _describe(array) != manifest["arrays"][name]:
                raise ValueError(f"`{name}` does not match its checksum")
        return Arrays(**arrays, n_classes=manifest["n_classes"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        warnings.warn(
            f"decoded data in {place} are damaged ({error}); they are decoded again",
            DamagedCacheWarning,
            stacklevel=3,
        )
        return None


def _describe(array: np.ndarray) -> dict[str, Any]:
    """An array's entry in the manifest. CRC-32 reads a gigabyte in about a second, and the pages
    are needed anyway.
    """
    return {
        "dtype": array.dtype.str,
        "shape": list(array.shape),
        "crc32": zlib.crc32(array.reshape(-1).view(np.uint8).data),
    }


def _write(place: Path, pixels: Pixels) -> None:
    """Standardise the images and write the entry, under its lock."""
    # under the lock, a part that exists was left by a process that was killed
    part = place.with_name(f"{place.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    try:
        mean, spread = channel_moments(pixels.train_x)
        for name in ("train", "held"):
            x = getattr(pixels, f"{name}_x")
            mapped = open_memmap(
                part / f"{name}_x.npy", mode="w+", dtype=np.float32, shape=(len(x), x[0].size)
            )
            for rows in _slices(len(x)):
                mapped[rows] = (
                    ((x[rows] - mean) / spread).astype(np.float32).reshape(len(x[rows]), -1)
                )
            mapped.flush()
            np.save(part / f"{name}_y.npy", getattr(pixels, f"{name}_y").astype(np.int64))
        arrays = {name: _describe(np.load(part / f"{name}.npy", mmap_mode="r")) for name in PARTS}
        manifest = {
            "format": FORMAT,
            "n_classes": pixels.n_classes,
            "mean": mean.ravel().tolist(),
            "std": spread.ravel().tolist(),
            "arrays": arrays,
        }
        (part / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
        for old in [path for path in place.parent.iterdir() if path != part]:
            shutil.rmtree(old, ignore_errors=True)
        os.replace(part, place)
    except BaseException:
        with contextlib.suppress(OSError):
            shutil.rmtree(part)
        raise


def channel_moments(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each channel of x (n, channels, height, width) uint8, from
    exact sums: two (channels, 1, 1) float64.

    The standard deviation of a constant channel is 1.
    """
    count = np.zeros((x.shape[1], 256), dtype=np.int64)
    for rows in _slices(len(x)):
        for channel in range(x.shape[1]):
            count[channel] += np.bincount(x[rows, channel].reshape(-1), minlength=256)
    level, n = np.arange(256), count.sum(axis=1)
    mean = count @ level / n
    spread = np.sqrt((count * (level - mean[:, None]) ** 2).sum(axis=1) / n)
    shape = (-1, 1, 1)
    return mean.reshape(shape), np.where(spread > 0, spread, 1.0).reshape(shape)


def _slices(n: int) -> Iterator[slice]:
    return (slice(start, start + ROWS) for start in range(0, n, ROWS))
