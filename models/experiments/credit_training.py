"""The experiment `credit_training`: learning curves of the same networks under each credit rule."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

import pydantic
from pydantic import Field

from claims.experiments import Context, Labels, OffsetProgress, PositiveInt, source_digest
from models.experiments.base import TrainedExperiment, task_of
from models.settings import SnapshotSettings

if TYPE_CHECKING:
    import xarray


class CreditTrainingSettings(SnapshotSettings):
    """Settings of `kind: credit_training`. Each of `credits` stands in `train.credit`'s place in
    turn.
    """

    snapshots: tuple[Annotated[int, Field(ge=0)], ...] = Field(
        (0, 1, 5, 20), description="epochs at which networks are measured; 0: untrained"
    )
    credits: tuple[Literal["oracle", "fa", "dfa", "vec"], ...] = ("oracle", "fa", "dfa", "vec")
    sample: PositiveInt = Field(
        1000, description="training examples, by seed, of alignment, train_loss and state_norm"
    )

    @pydantic.field_validator("credits")
    @classmethod
    def _some_once(cls, credits: tuple[str, ...]) -> tuple[str, ...]:
        if not credits or len(set(credits)) != len(credits):
            raise ValueError(
                f"`credits` is {list(credits)}; it must name at least one rule, without repeats"
            )
        return credits

    def under(self, credit: str) -> CreditTrainingSettings:
        """The same with `credit` as what networks are trained with."""
        return self.model_copy(update={"train": self.train.model_copy(update={"credit": credit})})


@dataclass(frozen=True)
class CreditTraining(TrainedExperiment):
    """Networks that share initial weights and batches by seed, and differ by their credit alone."""

    settings: CreditTrainingSettings

    settings_model = CreditTrainingSettings
    ranges = {
        "accuracy": (0.0, 1.0),
        "alignment": (-1.0, 1.0),
        "loss": (0.0, math.inf),
        "train_loss": (0.0, math.inf),
        "state_norm": (0.0, math.inf),
    }

    def describe(self) -> Labels:
        """{metric: {dimension: labels}}."""
        dims = {"credit": self.settings.credits, "epoch": self.settings.snapshots}
        blocks = {"block": tuple(range(self.settings.network.blocks + 1))}  # 0 is the input layer
        return {
            "accuracy": dims,
            "loss": dims,
            "train_loss": dims,
            "state_norm": dims,
            "alignment": {**dims, **blocks},
        }

    def bytes_of_seed(self) -> int:
        """The working set of one seed: rules are trained one after another."""
        return max(self.settings.under(credit).bytes_of_seed() for credit in self.settings.credits)

    def identity(self) -> dict[str, Any]:
        """What determines the observations of a seed, but for the machine."""
        return {
            "training": {
                credit: self.settings.under(credit).training_identity()
                for credit in self.settings.credits
            },
            "snapshots": list(self.settings.snapshots),
            "sample": self.settings.sample,
            "source": source_digest("models.experiments.curves"),
        }

    def snapshot_identities(self) -> tuple[dict[str, Any], ...]:
        """What determines the networks of each rule: those of a sweep that trains with it."""
        under = (self.settings.under(credit) for credit in self.settings.credits)
        return tuple(settings.training_identity() for settings in under)

    def observe(self, seeds: Sequence[int], context: Context) -> xarray.Dataset:
        """Observations of `seeds`, dimensions (seed, credit, epoch, block). What is killed goes on
        from the last snapshot.
        """
        import numpy as np
        import xarray

        from models.experiments.curves import curve

        settings, device = self.settings, context.device
        last = settings.snapshots[-1]
        context.progress.start(last * len(settings.credits))
        curves = []
        for place, credit in enumerate(settings.credits):
            own = settings.under(credit)
            task, kept = task_of(own, context.precision), context.snapshots(own.training_identity())
            progress = OffsetProgress(context.progress, place * last)
            epochs, sample = settings.snapshots, settings.sample
            curves.append(curve(task, seeds, epochs, sample, device, progress, kept))
        labels = {
            "seed": list(seeds),
            "credit": list(settings.credits),
            "epoch": list(settings.snapshots),
            "block": list(range(settings.network.blocks + 1)),
        }
        return xarray.Dataset(
            {
                metric: (["seed", *dims], np.stack([found[metric] for found in curves], axis=1))
                for metric, dims in self.describe().items()
            },
            labels,
        )
