"""Progress of a chunk of seeds, as experiments report it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class Progress:
    """Takes word of how far seeds are, counted in epochs of training; this one forgets it.

    Call `start` first, then `at_epoch` for seeds that were trained and `done` for other work.
    """

    def start(self, epochs: int, beyond: float = 0.0) -> None:
        """Each seed takes `epochs` of training, and other work that is worth `beyond` epochs."""

    def at_epoch(self, seeds: Sequence[int], epoch: int) -> None:
        """`seeds` have been trained to `epoch`."""

    def found(self, seeds: Sequence[int], epoch: int) -> None:
        """`seeds` were in the store up to `epoch` already."""

    def done(self, worth: float, doing: str) -> None:
        """Every seed of the chunk finished other work (`doing`) worth that many epochs."""


@dataclass(frozen=True)
class OffsetProgress(Progress):
    """Progress of one of several trainings in turn: `before` epochs were done by those before."""

    progress: Progress
    before: int

    def start(self, epochs: int, beyond: float = 0.0) -> None:
        """Nothing: whoever has all the trainings knows how long they take."""

    def at_epoch(self, seeds: Sequence[int], epoch: int) -> None:
        """`seeds` have been trained to `epoch` of this training."""
        self.progress.at_epoch(seeds, self.before + epoch)

    def found(self, seeds: Sequence[int], epoch: int) -> None:
        """`seeds` were in the store up to `epoch` of this training."""
        (self.progress.found if epoch else self.progress.at_epoch)(seeds, self.before + epoch)

    def done(self, worth: float, doing: str) -> None:
        """Passed on as it is."""
        self.progress.done(worth, doing)
