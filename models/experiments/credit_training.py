"""The experiment `credit_training`: the same networks trained under each credit rule, and how they
get on.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import pydantic
from pydantic import Field

from claims.experiments.base import Labels, PositiveInt
from claims.store.sources import source_digest
from models.experiments.snapshot_sweep import SnapshotSettings

if TYPE_CHECKING:
    import xarray

    from claims.store.activity import Progress
    from claims.store.entries import Store


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
class CreditTraining:
    """Networks that share initial weights and batches by seed, and differ by their credit alone."""

    settings: CreditTrainingSettings

    Settings = CreditTrainingSettings
    replicates = ()
    ranges = {
        "accuracy": (0.0, 1.0),
        "alignment": (-1.0, 1.0),
        "loss": (0.0, math.inf),
        "train_loss": (0.0, math.inf),
        "state_norm": (0.0, math.inf),
    }

    @classmethod
    def from_options(cls, options: Mapping[str, Any], base: Path) -> CreditTraining:
        return cls(CreditTrainingSettings.model_validate(options, context={"base": base}))

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

    def snapshots_digests(self, machine: Mapping[str, Any]) -> tuple[str, ...]:
        """Names what a seed's snapshots depend on besides seed and epoch, for each rule: those of a
        sweep that trains with it.
        """
        return tuple(
            self.settings.under(credit).snapshots_digest(machine)
            for credit in self.settings.credits
        )

    def measure(
        self,
        seeds: Sequence[int],
        device: str,
        store: Store | None = None,
        machine: Mapping[str, Any] | None = None,
        progress: Progress | None = None,
    ) -> xarray.Dataset:
        """Observations of `seeds`, dimensions (seed, credit, epoch, block). Snapshots go through
        `store` where one is given, so that what is killed goes on from the last. Raises
        NonFiniteError when a network diverges.
        """
        import numpy as np
        import xarray

        from models.experiments.curves import Leg, curve

        settings, machine = self.settings, machine or {}
        last = settings.snapshots[-1]
        if progress is not None:
            progress.start(last * len(settings.credits))
        curves = []
        for place, (credit, digest) in enumerate(
            zip(settings.credits, self.snapshots_digests(machine), strict=True)
        ):
            leg = None if progress is None else Leg(progress, place * last)
            curves.append(
                curve(
                    settings.under(credit).task(machine),
                    seeds,
                    settings.snapshots,
                    settings.sample,
                    device,
                    store,
                    digest,
                    leg,
                )
            )
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
