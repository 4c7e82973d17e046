"""Settings that experiments share: data, network, training, feedback, bridge, probe."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

import pydantic
from pydantic import Field

from claims.experiments import PositiveFloat, PositiveInt, Settings, source_digest
from models import datasets

PRECISIONS = ("fp32", "bf16")  # of training's matrix products; the first is the usual


class NetworkSettings(Settings):
    """The network: residual blocks on normed states, or plain layers."""

    width: PositiveInt = 64
    blocks: PositiveInt = 3
    residual: bool = True
    norm: Literal["layer", "none"] = "layer"
    activation: Literal["relu", "tanh"] = "relu"
    head_gain: PositiveFloat = Field(
        default=1.0,
        description="the head's initial weights have this standard deviation times 1 / sqrt(width)",
    )


class TrainSettings(Settings):
    """How snapshots are trained."""

    credit: Literal["dfa", "oracle", "vec", "fa"] = "dfa"
    optimizer: Literal["adam", "sgd"] = "adam"
    lr: PositiveFloat = 1e-3
    batch: PositiveInt = 64
    epochs: PositiveInt = 100
    schedule: Literal["constant", "cosine"] = "constant"


class FeedbackSettings(Settings):
    """Fixed random matrices: DFA's are normal with standard deviation scale / sqrt(width); in
    feedback alignment `scale` is the head's.
    """

    scale: PositiveFloat = 1.0


class BridgeSettings(Settings):
    """How vec's matrices are learned while a network trains (on a snapshot all batches weigh the
    same).
    """

    sigma: PositiveFloat = Field(
        default=0.01, description="perturbation, as a share of the state's root mean square"
    )
    window: PositiveInt = Field(default=200, description="exponential window, in batches")
    ridge: PositiveFloat = Field(
        default=1e-4, description="ridge, as a share of the mean diagonal of the Gram matrix"
    )


class ProbeSettings(Settings):
    """What is done to a snapshot: `steps` gradient steps of size `lr` on each of `batches` batches,
    under each credit rule.
    """

    credits: tuple[Literal["dfa", "vec", "oracle", "fa", "random", "signflip"], ...] = (
        "dfa",
        "vec",
        "oracle",
    )
    blocks: Literal["last", "all"] = "last"
    steps: PositiveInt = 5
    lr: PositiveFloat
    batch: PositiveInt = 128
    batches: Annotated[int, Field(ge=2)] = 16
    averaged_over: PositiveInt = Field(
        default=8, description="batches averaged in each step of dL_held_averaged"
    )
    credit_scale: Literal["raw", "unit"] = "raw"
    fit_batches: PositiveInt = Field(default=400, description="batches that vec is fitted on")
    fit_batch: PositiveInt = Field(default=128, description="examples in each of them")

    @pydantic.model_validator(mode="after")
    def _whole_groups(self) -> ProbeSettings:
        if self.batches % self.averaged_over:
            raise ValueError(
                f"`batches` ({self.batches}) must be a multiple of `averaged_over` "
                f"({self.averaged_over})"
            )
        return self


def bytes_of_network(
    network: NetworkSettings, train: TrainSettings, n_in: int, n_classes: int
) -> int:
    """The working set of one network in training: parameters, gradients, moments, and a batch's
    states and noise.
    """
    width = network.width
    per_block = (2 if network.residual else 1) * (width + 1) * width
    parameters = (n_in + 1) * width + network.blocks * per_block + (width + 1) * n_classes
    # feedback alignment's feedback is as large as the weights
    copies = (4 if train.optimizer == "adam" else 2) + (train.credit == "fa")
    states = 8 * (network.blocks + 1) * train.batch * width + train.batch * n_in
    return 4 * (copies * parameters + states)


class TrainedSettings(Settings):
    """Settings of every experiment that trains: the data, the network and how it is trained."""

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
            train.pop("epochs")  # the network at epoch 5 does not know how long training goes on
        identity = {
            "network": self.network.model_dump(mode="json"),
            "train": train,
            "feedback": self.feedback.model_dump(mode="json"),
            "data": datasets.fingerprint(self.dataset),
        }
        if self.train.credit == "vec":
            identity["bridge"] = self.bridge.model_dump(mode="json")
        return identity | {"source": source_digest("models.training")}


class SnapshotSettings(TrainedSettings):
    """Settings of every experiment that looks at networks after some epochs of training."""

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
