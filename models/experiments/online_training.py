"""The experiment `online_training`: learned credit takes over from DFA at some epoch, and training
goes on.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

import pydantic
from pydantic import Field

from claims.experiments import Context, Labels, source_digest
from models.experiments.base import TrainedExperiment, task_of
from models.settings import TrainedSettings

if TYPE_CHECKING:
    import numpy as np
    import xarray

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
class OnlineTraining(TrainedExperiment):
    """Arms that differ only in when vec takes over, in all blocks. The bridge is learned from epoch
    0 on in every arm that will use it.
    """

    settings: OnlineSettings

    settings_model = OnlineSettings
    ranges = {"accuracy": (0.0, 1.0), "loss": (0.0, math.inf)}

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

    def snapshot_identities(self) -> tuple[dict[str, Any]]:
        """What determines the arms that are kept of a seed until it is done."""
        return ({"arms": self.identity()},)

    def on_stored(self, seeds: Sequence[int], context: Context) -> None:
        """Their observations are stored: what was kept of them on their way goes."""
        from models.experiments.takeover import forget

        kept = context.snapshots(*self.snapshot_identities())
        if kept is not None:
            forget(kept, seeds, self.settings.train.epochs)

    def observe(self, seeds: Sequence[int], context: Context) -> xarray.Dataset:
        """Observations of `seeds`, dimensions (seed, takeover, epoch). What is killed goes on from
        what the store has kept of it.
        """
        import xarray

        from models.experiments.takeover import run_arms

        task, takeover = task_of(self.settings, context.precision), self.settings.takeover
        context.progress.start(self.settings.train.epochs)
        kept = context.snapshots(*self.snapshot_identities())
        accuracy, loss = run_arms(task, seeds, takeover, context.device, context.progress, kept)
        labels = {
            "seed": list(seeds),
            "takeover": ("takeover", _objects(self.settings.takeover)),
            "epoch": list(range(self.settings.train.epochs + 1)),
        }
        dims = ("seed", "takeover", "epoch")
        return xarray.Dataset({"accuracy": (dims, accuracy), "loss": (dims, loss)}, labels)


def _objects(labels: Sequence[Any]) -> np.ndarray:
    """Labels of mixed types as they are: numpy would turn [0, "never"] into strings."""
    import numpy as np

    array = np.empty(len(labels), dtype=object)
    array[:] = labels
    return array
