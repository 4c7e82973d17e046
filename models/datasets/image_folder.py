"""One's own images: a folder or a .zip of train/CLASS/* and test/CLASS/*, whatever their size, as
long as it is one.

Classes are numbered in alphabetical order; the examples come by class, then by file name. test is
the held-out part.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from claims.experiments import digest_of, source_digest
from models.datasets.base import Arrays
from models.datasets.listing import Listing, listed


@dataclass(frozen=True)
class ImageFolder:
    """Images below `path`. `classes`, where given, are those that it must have."""

    path: Path
    classes: tuple[str, ...] | None = None

    def digest(self) -> str:
        """Of every image's name and bytes (of a .zip's as a whole), and of Pillow's version:
        decoders of JPEG differ in the last bit.
        """
        return digest_of([self._content(), _decoder()])

    def load(self) -> Arrays:
        from models.datasets.cache import decoded
        from models.datasets.decoding import decode

        return decoded(
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
        return listed(self.path, self.classes)


def _decoder() -> str:
    return f"pillow {version('pillow')}"
