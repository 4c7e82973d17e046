"""A user's own images: a folder or a .zip of train/CLASS/* and test/CLASS/*, all of one size.

Classes are numbered in alphabetical order; examples are ordered by class, then by file name. test
is the held-out part.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from claims.experiments import digest_of, source_digest
from models.datasets.base import Arrays
from models.datasets.listing import Listing, list_images


@dataclass(frozen=True)
class ImageFolder:
    """The images below `path`. `classes`, where given: those that it must have."""

    path: Path
    classes: tuple[str, ...] | None = None

    def digest(self) -> str:
        """Digest of every image's name and bytes (of a .zip as a whole), and of Pillow's version:
        decoders of JPEG differ in the last bit.
        """
        return digest_of([self._content(), _decoder()])

    def load(self) -> Arrays:
        from models.datasets.cache import load_or_decode
        from models.datasets.decoding import decode

        return load_or_decode(
            self._content(),
            digest_of([source_digest(__name__), _decoder()]),
            lambda: decode(self._listing()),
        )

    def _content(self) -> str:
        from models.datasets.files import digest_of_files

        return digest_of_files(self.path, [""] if self.path.is_file() else self._listing().names())[
            :16
        ]

    def _listing(self) -> Listing:
        return list_images(self.path, self.classes)


def _decoder() -> str:
    return f"pillow {version('pillow')}"
