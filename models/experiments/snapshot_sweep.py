"""The experiment `snapshot_sweep`: networks trained to some epochs, frozen there, and probed under
each credit rule.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from claims.experiments import Context, Labels, PositiveInt, source_digest
from models import datasets
from models.experiments.base import TrainedExperiment, task_of
from models.settings import ProbeSettings, SnapshotSettings

if TYPE_CHECKING:
    import xarray

BY_BATCH = ("dL_same", "dL_held", "dL_held_averaged")
BY_CREDIT = ("descent_rate", "update_variance", "update_power")


class SweepSettings(SnapshotSettings):
    """Settings of `kind: snapshot_sweep`."""

    snapshots: tuple[PositiveInt, ...] = (5, 20, 100)
    probe: ProbeSettings


@dataclass(frozen=True)
class SnapshotSweep(TrainedExperiment):
    """Train, freeze, probe. docs/experiments.md lists the metrics and their dimensions."""

    settings: SweepSettings

    settings_model = SweepSettings
    replicates = ("batch",)
    ranges = {
        "accuracy": (0.0, 1.0),
        "descent_rate": (0.0, 1.0),
        "alignment": (-1.0, 1.0),
        "loss": (0.0, math.inf),
        "update_variance": (0.0, math.inf),
    }

    def describe(self) -> Labels:
        """{metric: {dimension: labels}}."""
        epoch = {"epoch": self.settings.snapshots}
        credit = {"credit": self.settings.probe.credits, **epoch}
        blocks = {"block": tuple(range(self.settings.network.blocks + 1))}  # 0 is the input layer
        return {
            "accuracy": epoch,
            "loss": epoch,
            "alignment": {**credit, **blocks},
            **{name: credit for name in (*BY_CREDIT, *BY_BATCH)},
        }

    def identity(self) -> dict[str, Any]:
        """What determines the observations of a seed, but for the machine."""
        probe = self.settings.probe.model_dump(mode="json")
        return {
            "training": self.settings.training_identity(),
            "snapshots": list(self.settings.snapshots),
            "probe": probe,
            "bridge": self.settings.bridge.model_dump(mode="json"),
            "source": source_digest("models.probe"),
        }

    def snapshot_identities(self) -> tuple[dict[str, Any]]:
        """What determines the networks that are probed."""
        return (self.settings.training_identity(),)

    def observe(self, seeds: Sequence[int], context: Context) -> xarray.Dataset:
        """Observations of `seeds`, dimensions (seed, credit, epoch, block or batch)."""
        return self._dataset(seeds, list(self._probed(seeds, context)))

    def _probed(self, seeds: Sequence[int], context: Context) -> Iterator[dict]:
        from models.checkpoints import snapshots
        from models.probe import probe

        settings, worth = self.settings, self._probe_in_epochs()
        task, epochs = task_of(settings, context.precision), settings.snapshots
        kept = context.snapshots(settings.training_identity())
        context.progress.start(epochs[-1], beyond=worth * len(epochs))
        for state in snapshots(kept, task, seeds, epochs, context.device, context.progress):
            yield probe(task, state, settings.probe, context.device)
            context.progress.done(worth, "probing")

    def _probe_in_epochs(self) -> float:
        """What the probe of one snapshot costs, in epochs of training: examples passed up and down,
        counted. For progress alone.
        """
        probe, blocks = self.settings.probe, self.settings.network.blocks
        data = datasets.load(self.settings.dataset)
        stepped = 2 * 3 * probe.steps * probe.batches * probe.batch + probe.batches * len(
            data.held_x
        )
        probed = len(probe.credits) * stepped / (blocks if probe.blocks == "last" else 1)
        fitted = 3 * probe.fit_batches * probe.fit_batch if "vec" in probe.credits else 0
        return (probed + fitted) / (3 * len(data.train_x))

    def _dataset(self, seeds: Sequence[int], by_epoch: Sequence[Mapping]) -> xarray.Dataset:
        import numpy as np
        import xarray

        variables = {}
        for metric, dims in self.describe().items():
            named = ["seed", *dims] + (["batch"] if metric in BY_BATCH else [])
            variables[metric] = (
                named,
                np.stack([found[metric] for found in by_epoch], axis=named.index("epoch")),
            )
        blocks = range(self.settings.network.blocks + 1)
        return xarray.Dataset(
            variables,
            {
                "seed": list(seeds),
                "epoch": list(self.settings.snapshots),
                "block": list(blocks),
                "credit": list(self.settings.probe.credits),
            },
        )
