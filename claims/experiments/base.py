"""What an experiment is: settings with a canonical digest, the protocol, and the registry of kinds.

Nothing here imports torch: claims are validated, and warm observations judged, without it.
"""

from __future__ import annotations

import hashlib
import importlib
import inspect
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Protocol, runtime_checkable

import pydantic
from pydantic import ConfigDict, Field

if TYPE_CHECKING:
    import xarray

    from claims.store.entries import Store

Labels = dict[str, dict[str, tuple]]  # {metric: {dimension: labels}}
PositiveInt = Annotated[int, Field(gt=0)]
PositiveFloat = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Settings(pydantic.BaseModel):
    """A frozen group of settings; unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)

    def digest(self, *fields: str) -> str:
        """Canonical digest of the named fields (all of them when none is named), 16 hex digits."""
        return digest_of(self.model_dump(mode="json", include=set(fields) or None))


class NetworkSettings(Settings):
    """READING.md's network: residual blocks on normed states, or plain layers."""

    width: PositiveInt = 64
    blocks: PositiveInt = 3
    residual: bool = True
    norm: Literal["layer", "none"] = "layer"
    activation: Literal["relu", "tanh"] = "relu"
    head_gain: PositiveFloat = Field(
        1.0,
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
        0.01, description="perturbation, as a share of the state's root mean square"
    )
    window: PositiveInt = Field(200, description="exponential window, in batches")
    ridge: PositiveFloat = Field(
        1e-4, description="ridge, as a share of the mean diagonal of the Gram matrix"
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
        8, description="batches averaged in each step of dL_held_averaged"
    )
    credit_scale: Literal["raw", "unit"] = "raw"
    fit_batches: PositiveInt = Field(400, description="batches that vec is fitted on")
    fit_batch: PositiveInt = Field(128, description="examples in each of them")

    @pydantic.model_validator(mode="after")
    def _whole_groups(self) -> ProbeSettings:
        if self.batches % self.averaged_over:
            raise ValueError(
                f"`batches` ({self.batches}) must be a multiple of `averaged_over` "
                f"({self.averaged_over})"
            )
        return self


class SettingsError(ValueError):
    """Settings that no experiment can be made of: every problem with its path inside the
    settings.
    """

    def __init__(self, problems: Sequence[tuple[tuple[str | int, ...], str]]):
        self.problems = tuple(problems)
        super().__init__(
            "; ".join(
                f"{'.'.join(map(str, where)) or 'experiment'}: {what}" for where, what in problems
            )
        )


class Diverged(RuntimeError):
    """A run whose numbers left the finite range: `seeds` says whose."""

    def __init__(self, message: str, seeds: Sequence[int] = ()):
        self.seeds = tuple(seeds)
        super().__init__(message)


@runtime_checkable
class Experiment(Protocol):
    """Anything that yields observations by seed.

    Optional attributes: `replicates` (dimensions that are replicates inside a seed, averaged by
    claims; default none), `paired` (False where each condition has replicates of its own; default
    True), `ranges` ({metric: (lowest, highest)} where a metric is bounded), `available_seeds`
    (where the seeds are given, not chosen), and `describe() -> {metric: {dimension: labels}}`, free
    of torch.
    """

    def measure(self, seeds: Sequence[int], device: str) -> xarray.Dataset:
        """Observations of `seeds`: a Dataset whose first dimension is `seed`."""
        ...


KINDS = {
    "snapshot_sweep": "models.experiments.snapshot_sweep:SnapshotSweep",
    "online_training": "models.experiments.online_training:OnlineTraining",
    "credit_training": "models.experiments.credit_training:CreditTraining",
    "recorded": "claims.experiments.recorded:Recorded",
}


def digest_of(value: Any) -> str:
    """Digest of plain JSON data: key order does not matter, numbers are written canonically. 16 hex
    digits.
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def deep_merge(base: Mapping, override: Mapping) -> dict:
    """`base` with what `override` names replaced; mappings are merged key by key, all else is
    replaced whole.
    """
    merged = dict(base)
    for key, value in override.items():
        old = merged.get(key)
        merged[key] = (
            deep_merge(old, value)
            if isinstance(old, Mapping) and isinstance(value, Mapping)
            else value
        )
    return merged


def kind_class(kind: str, base: Path | None = None) -> type:
    """The class behind a kind: a shipped name, or `package.module:Class` importable from `base` or
    the path.
    """
    target = KINDS.get(kind, kind)
    module_name, colon, class_name = target.partition(":")
    if not colon:
        allowed = ", ".join(KINDS)
        raise SettingsError(
            [
                (
                    ("kind",),
                    f"`{kind}` is no kind of experiment; allowed: {allowed}, or "
                    "package.module:Class",
                )
            ]
        )
    if base is not None and str(base) not in sys.path and kind not in KINDS:
        sys.path.append(str(base))  # a user's kind lives beside the claims file that names it
    try:
        return getattr(importlib.import_module(module_name), class_name)
    except (ImportError, AttributeError) as error:
        raise SettingsError([(("kind",), f"`{kind}` cannot be imported: {error}")]) from error


def settings_model(kind: str) -> type[Settings] | None:
    """The settings class of a shipped kind, for JSON Schema; None for a user's own."""
    return getattr(kind_class(kind), "Settings", None) if kind in KINDS else None


@dataclass(frozen=True)
class Configured:
    """An experiment with its settings: the optional parts of the protocol filled in, and a name for
    what it will observe.
    """

    kind: str
    options: Mapping[str, Any]
    implementation: Experiment

    @property
    def replicates(self) -> tuple[str, ...]:
        """Dimensions that are replicates inside a seed."""
        return tuple(getattr(self.implementation, "replicates", ()))

    @property
    def paired(self) -> bool:
        """Whether a seed's conditions belong together."""
        return getattr(self.implementation, "paired", True)

    @property
    def ranges(self) -> Mapping[str, tuple[float, float]]:
        """{metric: (lowest, highest)} for bounded metrics."""
        return getattr(self.implementation, "ranges", {})

    @property
    def available_seeds(self) -> tuple[int, ...] | None:
        """The replicates there are, where they are given; None where any seed can be asked for."""
        return getattr(self.implementation, "available_seeds", None)

    @property
    def trains(self) -> bool:
        """Whether it keeps snapshots: then `measure` takes `store` and `machine` too."""
        return self.kind in KINDS and self.available_seeds is None

    def describe(self) -> Labels | None:
        """{metric: {dimension: labels}}; None where the kind does not say."""
        describe = getattr(self.implementation, "describe", None)
        return describe() if describe else None

    def measure(self, seeds: Sequence[int], device: str, **resources: Any) -> xarray.Dataset:
        """Observations of `seeds`."""
        return self.implementation.measure(seeds, device, **resources)

    def stored(self, seeds: Sequence[int], store: Store, machine: Mapping[str, Any]) -> None:
        """Tell the experiment that the observations of `seeds` are in the store."""
        told = getattr(self.implementation, "stored", None) if self.trains else None
        if told is not None:
            told(seeds, store, machine)

    def identity(self) -> dict[str, Any]:
        """All that determines a seed's observations but the machine, as plain JSON data: settings
        and the source behind them.
        """
        from claims.store.sources import code_digest

        if hasattr(self.implementation, "identity"):
            return {"kind": self.kind, **self.implementation.identity()}
        source = inspect.getsourcefile(type(self.implementation))
        options = json.loads(json.dumps(dict(self.options), sort_keys=True, default=str))
        return {
            "kind": self.kind,
            "options": options,
            "source": code_digest(Path(source)) if source else "",
        }

    def source(self) -> str | None:
        """Digest of the source behind it; None where the data behind it are not to be had, which
        measuring will say.
        """
        try:
            return self.identity().get("source")
        except ValueError:
            return None


def create(kind: str, options: Mapping[str, Any], base: Path) -> Configured:
    """An experiment of `kind`. `options` are its merged settings; relative paths are taken from
    `base`.

    Raises SettingsError with every problem and its path inside `options`.
    """
    cls = kind_class(kind, base)
    make = getattr(cls, "from_options", None)
    try:
        return Configured(
            kind, dict(options), make(dict(options), base) if make else cls(**options)
        )
    except pydantic.ValidationError as error:
        raise SettingsError(
            [(tuple(e["loc"]), e["msg"].removeprefix("Value error, ")) for e in error.errors()]
        ) from None
    except TypeError as error:
        raise SettingsError([((), f"`{kind}` does not take these settings: {error}")]) from error
