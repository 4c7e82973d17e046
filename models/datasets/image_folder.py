"""One's own images: a folder or a .zip of train/CLASS/* and test/CLASS/*, whatever their size, as long as it is one.

Classes are numbered in alphabetical order; the examples come by class, then by file name. test is the held-out part.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from models.datasets.base import Arrays
from models.datasets.listing import Listing, listed
from models.sources import source_digest


@dataclass(frozen=True)
class ImageFolder:
    """Images below `path`. `classes`, where given, are those that it must have."""

    path: Path
    classes: tuple[str, ...] | None = None

    def digest(self) -> str:
        """Of every image's name and bytes; of a .zip's bytes as a whole."""
        from models.datasets.files import digest_of_files

        if self.path.is_file():
            return digest_of_files(self.path, [""])[:16]
        return digest_of_files(self.path, self._listing().names())[:16]

    def load(self) -> Arrays:
        from models.datasets.cache import decoded
        from models.datasets.decoding import decode

        return decoded(self.digest(), source_digest(__name__), lambda: decode(self._listing()))

    def _listing(self) -> Listing:
        return listed(self.path, self.classes)
