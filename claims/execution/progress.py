"""The progress of a chunk of seeds, written into the store for displays to read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from claims.experiments.progress import Progress
from claims.store.activity import Record


@dataclass
class RecordedProgress(Progress):
    """Writes the progress of a chunk of seeds into the process's record in the store. `work` counts
    in epochs of training.
    """

    record: Record
    seeds: tuple[int, ...]
    epochs: int = 0  # of each seed
    work: float = 0.0  # of each seed, training included
    trained: dict[int, int] = field(default_factory=dict)
    other: float = 0.0
    resumed: bool = False

    def start(self, epochs: int, beyond: float = 0.0) -> None:
        """Each seed takes `epochs` of training, and work beyond them that is worth `beyond`
        epochs.
        """
        self.epochs, self.work = epochs, epochs + beyond
        self._write("training")

    def at_epoch(self, seeds: Sequence[int], epoch: int) -> None:
        """`seeds` have been trained to `epoch`."""
        self.trained |= dict.fromkeys(seeds, epoch)
        self._write("training")

    def found(self, seeds: Sequence[int], epoch: int) -> None:
        """`seeds` were in the store up to `epoch` already."""
        self.resumed = self.resumed or epoch > 0
        self.at_epoch(seeds, epoch)

    def done(self, worth: float, doing: str) -> None:
        """Every seed of the chunk has had further work, worth that many epochs."""
        self.other += worth
        self._write(doing)

    def _write(self, doing: str) -> None:
        epochs = sum(self.trained.values())
        share = (epochs / len(self.seeds) + self.other) / self.work if self.work else 0.0
        self.record.write(
            chunk=list(self.seeds),
            doing=doing,
            epochs=epochs,
            of_epochs=self.epochs,
            share=min(1.0, share),
        )
