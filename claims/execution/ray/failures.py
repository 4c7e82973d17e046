"""Seeds that failed by themselves: each is tried once in a run, whichever of its processes asks for
it.
"""

from __future__ import annotations

import contextlib
import json
import os
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class SeedFailure:
    """What a seed failed of. `named`: the message says which seed it was."""

    error: str
    message: str
    named: bool
    diverged: bool = False  # its numbers left the finite range


class Failures:
    """Failures by observations digest and seed: this process's own, and those of all that were
    given the same `folder`.
    """

    def __init__(self, folder: Path | None = None):
        self.folder = folder
        self.known: dict[tuple[str, int], SeedFailure] = {}

    def add(self, digest: str, seed: int, failure: SeedFailure) -> None:
        """Tell of a failure. The caller holds the lock on the seed's observations, as who asks for
        it does: no other tries it meanwhile.
        """
        self.known[digest, seed] = failure
        if (path := self._path(digest, seed)) is not None:
            part = path.with_suffix(f".{uuid.uuid4().hex[:8]}")
            # the run is over, or its disk is full: the others find out for themselves
            with contextlib.suppress(OSError):
                part.write_text(json.dumps(asdict(failure)), encoding="utf-8")
                os.replace(part, path)

    def get(self, digest: str, seed: int) -> SeedFailure | None:
        """How a seed failed; None where it did not."""
        path = self._path(digest, seed)
        if (digest, seed) not in self.known and path is not None:
            with contextlib.suppress(OSError, ValueError):
                found = json.loads(path.read_text(encoding="utf-8"))
                self.known[digest, seed] = SeedFailure(**found)
        return self.known.get((digest, seed))

    def _path(self, digest: str, seed: int) -> Path | None:
        return self.folder and self.folder / f"failed-{digest}-{seed}.json"


__all__ = ["Failures", "SeedFailure"]
