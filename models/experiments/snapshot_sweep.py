"""The experiment `snapshot_sweep`: networks trained to some epochs, frozen there, and probed under
each credit rule.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pydantic

from claims.experiments.base import (
    BridgeSettings,
    FeedbackSettings,
    Labels,
    NetworkSettings,
    PositiveInt,
    ProbeSettings,
    Settings,
    TrainSettings,
    digest_of,
)
from claims.store.sources import source_digest
from models import datasets

if TYPE_CHECKING:
    import xarray

    from claims.store.activity import Progress
    from claims.store.entries import Store
    from models.training import Task

BY_BATCH = ("dL_same", "dL_held", "dL_held_averaged")
BY_CREDIT = ("descent_rate", "update_variance", "update_power")


def bytes_of_network(
    network: NetworkSettings, train: TrainSettings, n_in: int, n_classes: int
) -> int:
    """The working set of one network in training: parameters, gradients, moments, and a batch's
    states and noise.
    """
    width = network.width
    per_block = (2 if network.residual else 1) * (width + 1) * width
    parameters = (n_in + 1) * width + network.blocks * per_block + (width + 1) * n_classes
    copies = (4 if train.optimizer == "adam" else 2) + (
        train.credit == "fa"
    )  # its feedback is as large as the weights
    states = 8 * (network.blocks + 1) * train.batch * width + train.batch * n_in
    return 4 * (copies * parameters + states)


class TrainedSettings(Settings):
    """What all shipped experiments that train share: the data, the network and how it is
    trained.
    """

    dataset: str = pydantic.Field(
        description=f"{datasets.ALLOWED}; PATH is relative to the claims file or to CLAIMS_DATA"
    )
    network: NetworkSettings = NetworkSettings()
    train: TrainSettings = TrainSettings()
    feedback: FeedbackSettings = FeedbackSettings()
    bridge: BridgeSettings = BridgeSettings()

    @pydantic.field_validator("dataset")
    @classmethod
    def _known(cls, name: str, info: pydantic.ValidationInfo) -> str:
        return datasets.full_name(name, (info.context or {}).get("base"))

    def task(self, machine: Mapping[str, Any] | None = None) -> Task:
        """What is trained, for `models.training`, in the machine's precision."""
        from models.training import Task

        precision = (machine or {}).get("precision", "fp32")
        return Task(
            self.dataset, self.network, self.train, self.feedback.scale, self.bridge, precision
        )

    def bytes_of_seed(self, arms: int = 1) -> int:
        """The working set of one seed in training, `arms` networks of it."""
        data = datasets.load(self.dataset)
        return arms * bytes_of_network(
            self.network, self.train, data.train_x.shape[1], data.n_classes
        )

    def training_identity(self) -> dict[str, Any]:
        """All settings that determine a snapshot's bytes, and no others, with the data's and the
        code's digests.
        """
        train = self.train.model_dump(mode="json")
        if self.train.schedule == "constant":
            train.pop(
                "epochs"
            )  # then the network at epoch 5 does not know how long training goes on
        identity = {
            "network": self.network.model_dump(mode="json"),
            "train": train,
            "feedback": self.feedback.model_dump(mode="json"),
            "data": datasets.fingerprint(self.dataset),
        }
        if self.train.credit == "vec":
            identity["bridge"] = self.bridge.model_dump(mode="json")
        return identity | {"source": source_digest("models.training")}

    def snapshots_digest(self, machine: Mapping[str, Any]) -> str:
        """Names what a seed's snapshots depend on besides seed and epoch."""
        return digest_of({"training": self.training_identity(), "machine": dict(machine)})


class SnapshotSettings(TrainedSettings):
    """What all have in common that look at networks after some epochs of training."""

    snapshots: tuple[int, ...]

    @pydantic.field_validator("snapshots")
    @classmethod
    def _ascending(cls, epochs: tuple[int, ...]) -> tuple[int, ...]:
        if not epochs or list(epochs) != sorted(set(epochs)):
            raise ValueError(
                f"`snapshots` is {list(epochs)}; it must name at least one epoch, "
                "ascending and without repeats"
            )
        return epochs

    @pydantic.model_validator(mode="after")
    def _within_training(self) -> Self:
        if self.snapshots[-1] > self.train.epochs:
            raise ValueError(
                f"`snapshots` asks for epoch {self.snapshots[-1]}, but `train.epochs` is "
                f"{self.train.epochs}"
            )
        return self


class SweepSettings(SnapshotSettings):
    """Settings of `kind: snapshot_sweep`."""

    snapshots: tuple[PositiveInt, ...] = (5, 20, 100)
    probe: ProbeSettings


@dataclass(frozen=True)
class SnapshotSweep:
    """Train, freeze, probe. Metrics and their dimensions are those of READING.md's table."""

    settings: SweepSettings

    Settings = SweepSettings
    replicates = ("batch",)
    ranges = {
        "accuracy": (0.0, 1.0),
        "descent_rate": (0.0, 1.0),
        "alignment": (-1.0, 1.0),
        "loss": (0.0, math.inf),
        "update_variance": (0.0, math.inf),
    }

    @classmethod
    def from_options(cls, options: Mapping[str, Any], base: Path) -> SnapshotSweep:
        return cls(SweepSettings.model_validate(options, context={"base": base}))

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

    def bytes_of_seed(self) -> int:
        """The working set of one seed."""
        return self.settings.bytes_of_seed()

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

    def measure(
        self,
        seeds: Sequence[int],
        device: str,
        store: Store | None = None,
        machine: Mapping[str, Any] | None = None,
        progress: Progress | None = None,
    ) -> xarray.Dataset:
        """Observations of `seeds`, dimensions (seed, credit, epoch, block or batch). Snapshots go
        through `store` where one is given, keyed by the settings and by `machine`. Raises
        NonFiniteError when a network diverges.
        """
        return self._dataset(
            seeds, list(self._probed(seeds, device, store, machine or {}, progress))
        )

    def snapshots_digests(self, machine: Mapping[str, Any]) -> tuple[str, ...]:
        """Names what a seed's snapshots depend on besides seed and epoch."""
        return (self.settings.snapshots_digest(machine),)

    def _probed(
        self,
        seeds: Sequence[int],
        device: str,
        store: Store | None,
        machine: Mapping[str, Any],
        progress: Progress | None,
    ) -> Iterator[dict]:
        from models.checkpoints import snapshots
        from models.probe import probe

        task, epochs, digest = (
            self.settings.task(machine),
            self.settings.snapshots,
            self.settings.snapshots_digest(machine),
        )
        worth = self._probe_in_epochs()
        if progress is not None:
            progress.start(epochs[-1], beyond=worth * len(epochs))
        for state in snapshots(store, digest, task, seeds, epochs, device, progress):
            yield probe(task, state, self.settings.probe, device)
            if progress is not None:
                progress.done(worth, "probing")

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
