"""The experiment `online_training`: learned credit takes over from DFA at some epoch, and training
goes on.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import pydantic
from pydantic import Field

from claims.experiments.base import Labels, digest_of
from claims.store.sources import source_digest
from models.experiments.snapshot_sweep import TrainedSettings

if TYPE_CHECKING:
    import xarray

    from claims.store.activity import Progress
    from claims.store.entries import Store

NEVER = "never"


class OnlineSettings(TrainedSettings):
    """Settings of `kind: online_training`. Every arm starts as DFA training; `takeover` names the
    epoch at which vec takes over.
    """

    takeover: tuple[Annotated[int, Field(ge=0)] | Literal["never"], ...] = (0, 1, 5, 20, NEVER)

    @pydantic.model_validator(mode="after")
    def _reachable(self) -> OnlineSettings:
        epochs = [t for t in self.takeover if t != NEVER]
        if not self.takeover or len(set(self.takeover)) != len(self.takeover):
            raise ValueError(
                f"`takeover` is {list(self.takeover)}; it must name at least one epoch or "
                f"`{NEVER}`, without repeats"
            )
        if any(t >= self.train.epochs for t in epochs):
            raise ValueError(
                "`takeover` must lie before the end of training (`train.epochs`: "
                f"{self.train.epochs}), or be `{NEVER}`"
            )
        if self.train.credit != "dfa":
            raise ValueError(
                "`train.credit` must be dfa: that is what learned credit takes over from"
            )
        return self


@dataclass(frozen=True)
class OnlineTraining:
    """Arms that differ only in when vec takes over, in all blocks. The bridge is learned from epoch
    0 on in every arm that will use it.
    """

    settings: OnlineSettings

    Settings = OnlineSettings
    replicates = ()
    ranges = {"accuracy": (0.0, 1.0), "loss": (0.0, math.inf)}

    @classmethod
    def from_options(cls, options: Mapping[str, Any], base: Path) -> OnlineTraining:
        return cls(OnlineSettings.model_validate(options, context={"base": base}))

    def describe(self) -> Labels:
        """{metric: {dimension: labels}}; epoch 0 is the untrained network."""
        dims = {
            "takeover": self.settings.takeover,
            "epoch": tuple(range(self.settings.train.epochs + 1)),
        }
        return {"accuracy": dims, "loss": dims}

    def bytes_of_seed(self) -> int:
        """The working set of one seed, all its arms."""
        return self.settings.bytes_of_seed(len(self.settings.takeover))

    def identity(self) -> dict[str, Any]:
        """What determines the observations of a seed, but for the machine."""
        return {
            "settings": self.settings.model_dump(mode="json", exclude={"dataset"}),
            "training": self.settings.training_identity(),
            "source": source_digest("models.experiments.takeover"),
        }

    def snapshots_digests(self, machine: Mapping[str, Any]) -> tuple[str]:
        """Names what is kept of a seed on its way."""
        return (digest_of({"arms": self.identity(), "machine": dict(machine)}),)

    def stored(self, seeds: Sequence[int], store: Store, machine: Mapping[str, Any]) -> None:
        """Their observations are stored: what was kept of them on their way goes."""
        from models.experiments.takeover import forget

        forget(store, *self.snapshots_digests(machine), seeds, self.settings.train.epochs)

    def measure(
        self,
        seeds: Sequence[int],
        device: str,
        store: Store | None = None,
        machine: Mapping[str, Any] | None = None,
        progress: Progress | None = None,
    ) -> xarray.Dataset:
        """Observations of `seeds`, dimensions (seed, takeover, epoch). What is killed goes on from
        what `store`, where one is given, has kept of it. Raises NonFiniteError when a network
        diverges.
        """
        import xarray

        from models.experiments.takeover import run_arms, run_arms_through

        task, takeover = self.settings.task(machine), self.settings.takeover
        if progress is not None:
            progress.start(self.settings.train.epochs)
        if store is None:
            accuracy, loss = run_arms(task, seeds, takeover, device, progress and progress.at_epoch)
        else:
            accuracy, loss = run_arms_through(
                store,
                *self.snapshots_digests(machine or {}),
                task,
                seeds,
                takeover,
                device,
                progress,
            )
        labels = {
            "seed": list(seeds),
            "takeover": ("takeover", _objects(self.settings.takeover)),
            "epoch": list(range(self.settings.train.epochs + 1)),
        }
        dims = ("seed", "takeover", "epoch")
        return xarray.Dataset({"accuracy": (dims, accuracy), "loss": (dims, loss)}, labels)


def _objects(labels: Sequence[Any]):
    """Labels of mixed types as they are: numpy would turn [0, "never"] into strings."""
    import numpy as np

    array = np.empty(len(labels), dtype=object)
    array[:] = labels
    return array
