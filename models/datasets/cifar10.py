"""CIFAR-10 (Krizhevsky 2009): 50,000 colour images of 32 x 32 to train on, 10,000 held out, ten
classes.

Read from the folder CLAIMS_DATA as `cifar10-jpeg.zip` (an image folder: the same images, re-encoded
as JPEG, so that accuracies are a little lower) or as `cifar-10-binary.tar.gz`, the original;
fetched from its authors where CLAIMS_DATA has neither. The Python version of the original is a
pickle and is not read.
"""

from __future__ import annotations

import tarfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from claims.experiments import source_digest
from models.datasets.base import FOLDER_VARIABLE, Arrays, DatasetError, Pixels, data_folder
from models.datasets.image_folder import ImageFolder

# in alphabetical order, which numbers the labels
CLASSES = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)
JPEG = "cifar10-jpeg.zip"
ARCHIVE = "cifar-10-binary.tar.gz"
BATCHES = {"train": tuple(f"data_batch_{n}.bin" for n in range(1, 6)), "held": ("test_batch.bin",)}
SHAPE = (3, 32, 32)


@dataclass(frozen=True)
class Original:
    """The archive as its authors publish it."""

    url: str = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"
    sha256: str = "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"
    size: int = 170_052_171


@dataclass(frozen=True)
class Cifar10:
    """Pixels channel by channel, red first, each row by row, as in the original; standardised by
    channel.
    """

    original: Original = Original()

    def digest(self) -> str:
        """Digest of the file in CLAIMS_DATA, or of the original, which is not fetched for that."""
        path = self._find_file()
        if path is not None and path.name == JPEG:
            return ImageFolder(path, CLASSES).digest()
        if path is not None:
            self._verify(path)
        return self.original.sha256[:16]

    def load(self) -> Arrays:
        path = self._find_file()
        if path is not None and path.name == JPEG:
            return ImageFolder(path, CLASSES).load()
        from models.datasets.cache import load_or_decode

        return load_or_decode(
            self.digest(), source_digest(__name__), lambda: read_archive(path or self._fetch())
        )

    def _find_file(self) -> Path | None:
        """The file in CLAIMS_DATA, or None where neither is there."""
        folder = data_folder()
        return (
            next((folder / name for name in (JPEG, ARCHIVE) if (folder / name).is_file()), None)
            if folder
            else None
        )

    def _verify(self, path: Path) -> None:
        """Raises DatasetError where the archive is not the original."""
        from models.datasets.files import digest_of_files

        size = path.stat().st_size
        if size != self.original.size:
            what = "half a download" if size < self.original.size else "another file"
            raise DatasetError(
                f"{path} has {size:,} bytes, the original {self.original.size:,}: it is {what}; "
                f"download it again from {self.original.url}"
            )
        found = digest_of_files(path, [""])
        if found != self.original.sha256:
            raise DatasetError(
                f"{path} has the SHA-256 {found}, the original {self.original.sha256}; "
                f"download it again from {self.original.url}"
            )

    def _fetch(self) -> Path:
        from models.datasets.fetching import fetch

        return fetch(
            self.original.url,
            self.original.sha256,
            self.original.size,
            ARCHIVE,
            f"or put {ARCHIVE} or {JPEG} into a folder and let {FOLDER_VARIABLE} name it",
        )


def read_archive(path: Path) -> Pixels:
    """The images of the binary archive: records of one label and 3,072 pixels. Raises
    DatasetError.
    """
    try:
        with tarfile.open(path, "r:gz") as archive:
            members = {
                Path(member.name).name: member for member in archive.getmembers() if member.isfile()
            }
            parts = {
                part: [
                    _parse_records(path, name, _content(archive, members[name])) for name in names
                ]
                for part, names in BATCHES.items()
            }
    except KeyError as error:
        raise DatasetError(
            f"{path} lacks {error.args[0]}; it is not the binary version of CIFAR-10"
        ) from None
    except (tarfile.TarError, OSError, EOFError) as error:
        raise DatasetError(f"{path} is no whole archive: {error}; download it again") from error
    train, held = (np.concatenate(parts[part]) for part in ("train", "held"))
    train_x, held_x = (records[:, 1:].reshape(-1, *SHAPE) for records in (train, held))
    return Pixels(train_x, train[:, 0], held_x, held[:, 0], len(CLASSES))


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(member)
    return b"" if file is None else file.read()


def _parse_records(path: Path, name: str, content: bytes) -> np.ndarray:
    """Records (n, 3073) uint8, each a label and its pixels. Raises DatasetError."""
    size = 1 + int(np.prod(SHAPE))
    if not content or len(content) % size:
        raise DatasetError(
            f"{name} in {path} has {len(content):,} bytes, no multiple of {size:,}; "
            "download the archive again"
        )
    records = np.frombuffer(content, np.uint8).reshape(-1, size)
    if (records[:, 0] >= len(CLASSES)).any():
        raise DatasetError(
            f"{name} in {path} has the label {records[:, 0].max()}; CIFAR-10's go from 0 "
            f"to {len(CLASSES) - 1}"
        )
    return records
