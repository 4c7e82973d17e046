"""Images decoded with Pillow, in threads: it releases the interpreter lock while it decodes."""

from __future__ import annotations

import os
import threading
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

import numpy as np

from models.datasets.base import DatasetError, Pixels, require
from models.datasets.listing import PARTS, SHOWN, Listing
from models.datasets.progress import progress_line

BATCH = 512  # images decoded by one task
MODES = {"L": 1, "RGB": 3}
IN_WORDS = {"L": "grey", "RGB": "colour"}
Read = Callable[[str], bytes]
Kind = tuple[str, int, int]  # mode, width, height


def decode(listing: Listing) -> Pixels:
    """All images of a listing. Raises DatasetError, naming an image that cannot be decoded, or
    those whose size or mode is not that of most.
    """
    with _open_reader(listing) as read:
        kind = _read_kind(listing, listing.names()[0], read)
        x, y = {}, {}
        with (
            progress_line(
                f"decoding {listing.root.name}", len(listing.names()), "images"
            ) as advance,
            ThreadPoolExecutor(os.cpu_count()) as threads,
        ):
            for part in PARTS:
                names = [name for files in listing.files[part].values() for name in files]
                x[part] = np.empty((len(names), MODES[kind[0]], kind[2], kind[1]), dtype=np.uint8)
                y[part] = np.repeat(
                    np.arange(len(listing.classes)),
                    [len(files) for files in listing.files[part].values()],
                )
                task = partial(_decode_batch, listing, names, x[part], kind, read)
                for done in threads.map(task, range(0, len(names), BATCH)):
                    advance(done)
        return Pixels(x["train"], y["train"], x["test"], y["test"], len(listing.classes))


def _decode_batch(
    listing: Listing, names: list[str], out: np.ndarray, kind: Kind, read: Read, start: int
) -> int:
    """Decode the images from `start` on into `out`; returns their number."""
    mine = names[start : start + BATCH]
    for place, name in enumerate(mine, start=start):
        found, pixels = _decode_image(listing, name, read)
        if found != kind:
            raise _unlike_error(listing, read)
        out[place] = pixels
    return len(mine)


def _decode_image(listing: Listing, name: str, read: Read) -> tuple[Kind, np.ndarray]:
    with _open_image(listing, name, read) as image:
        pixels = np.asarray(image)
        pixels = pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)
        return (image.mode, *image.size), pixels


def _read_kind(listing: Listing, name: str, read: Read) -> Kind:
    with _open_image(listing, name, read) as image:
        return (image.mode, *image.size)


@contextmanager
def _open_image(listing: Listing, name: str, read: Read) -> Iterator:
    import io

    require("PIL", "Pillow", f"`{name}` in {listing.root} needs")
    from PIL import Image

    try:
        with Image.open(io.BytesIO(read(name))) as image:
            if image.mode not in MODES:
                raise DatasetError(
                    f"`{name}` in {listing.root} is of Pillow's mode {image.mode}; save it "
                    "as grey (L) or as colour (RGB)"
                )
            yield image
    except DatasetError:
        raise
    except (
        OSError,
        SyntaxError,
        ValueError,
        RuntimeError,
        zipfile.BadZipFile,
        Image.DecompressionBombError,
    ) as error:
        raise DatasetError(
            f"`{name}` in {listing.root} cannot be decoded: {error}; replace it, or leave it out"
        ) from error


def _unlike_error(listing: Listing, read: Read) -> DatasetError:
    """The error that names the images unlike most, found by the headers of all."""
    kinds = {name: _read_kind(listing, name, read) for name in listing.names()}
    (usual, _), *_ = Counter(kinds.values()).most_common()
    odd = [f"`{name}` is {_describe(kind)}" for name, kind in kinds.items() if kind != usual]
    more = f" and {len(odd) - SHOWN} more" if len(odd) > SHOWN else ""
    them = "it" if len(odd) == 1 else "them"
    return DatasetError(
        f"images in {listing.root} must be of one size and all grey or all colour; most "
        f"are {_describe(usual)}, but "
        f"{', '.join(odd[:SHOWN])}{more}; convert {them}, or leave {them} out"
    )


def _describe(kind: Kind) -> str:
    return f"{IN_WORDS[kind[0]]}, {kind[1]} x {kind[2]}"


@contextmanager
def _open_reader(listing: Listing) -> Iterator[Read]:
    """`read(name)` for a folder, or for a .zip that is opened once and read by one thread at a
    time.
    """
    if listing.root.is_dir():
        yield lambda name: (listing.root / name).read_bytes()
        return
    lock = threading.Lock()
    with zipfile.ZipFile(listing.root) as file:

        def read(name: str) -> bytes:
            with lock:
                return file.read(name)

        yield read
