"""What an experiment is: the base class that every kind inherits from, and its settings.

Nothing here imports torch or xarray: claims are validated, and warm observations judged, without.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self

import pydantic
from pydantic import ConfigDict, Field

from claims.experiments.digests import digest_of

if TYPE_CHECKING:
    import xarray

    from claims.experiments.context import Context

Labels = Mapping[str, Mapping[str, tuple]]  # {metric: {dimension: labels}}
PositiveInt = Annotated[int, Field(gt=0)]
PositiveFloat = Annotated[float, Field(gt=0, allow_inf_nan=False)]


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


class DeviceError(ValueError):
    """A device that an experiment cannot run on; the message says which it can."""


class MissingLibrary(ValueError):
    """A library that an experiment needs is not installed; the message says how to install it."""


class Diverged(RuntimeError):
    """A run whose numbers left the finite range: `seeds` says whose."""

    def __init__(self, message: str, seeds: Sequence[int] = ()):
        self.seeds = tuple(seeds)
        super().__init__(message)


class Settings(pydantic.BaseModel):
    """A frozen group of settings; unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)

    def digest(self, *fields: str) -> str:
        """Canonical digest of the named fields (all when none is named), 16 hex digits."""
        return digest_of(self.model_dump(mode="json", include=set(fields) or None))


class Experiment(ABC):
    """Measures metrics by seed. Only `measure` must be written; all else has the default below.

    An instance is one experiment in one setting, made of the keys that the claim file gives: its
    constructor takes them by name, or takes the validated settings where there is a
    `settings_model`. A seed's observations must depend on the settings and the seed alone.
    """

    settings_model: ClassVar[type[Settings] | None] = None
    """Validates the claim file's keys, and completes them in editors. None: the constructor's own
    errors say what is wrong."""

    replicates: Sequence[str] = ()
    """Dimensions that are replicates inside a seed: claims average over them."""

    paired: bool = True
    """Whether a seed's conditions belong together; False where each has replicates of its own."""

    ranges: Mapping[str, tuple[float, float]] = {}
    """{metric: (lowest, highest)} of bounded metrics; infinite where there is no such end."""

    available_seeds: tuple[int, ...] | None = None
    """The replicates there are, where they are given and not chosen; such results are not stored.
    None: any seed can be measured."""

    libraries: ClassVar[tuple[str, ...]] = ("numpy",)
    """Distributions whose versions determine results: they are part of every key."""

    install_hint: ClassVar[str] = ""
    """How to install what `libraries` names, where it is missing."""

    devices: ClassVar[tuple[str, ...]] = ("auto", "cpu")
    """What may be asked for as device; where another is asked for, it runs on its "auto"."""

    precisions: ClassVar[tuple[str, ...]] = ()
    """Numerical precisions that can be asked for, the usual one first; none: it has no choice."""

    @classmethod
    def from_settings(cls, settings: Any, base: Path) -> Self:
        """An experiment with these settings, an instance of `settings_model`; relative paths start
        at the folder `base`. Raises SettingsError for settings that do not fit what they name.
        """
        return cls(settings)  # type: ignore[call-arg]

    @abstractmethod
    def measure(self, seeds: Sequence[int], context: Context) -> xarray.Dataset:
        """Observations of `seeds`: a Dataset whose first dimension is `seed`, one variable a
        metric.

        `context` says where to run (`device`, `precision`, `threads`), keeps snapshots and takes
        word of progress. Raise `Diverged` where a seed's numbers left the finite range.
        """

    def describe(self) -> Labels | None:
        """{metric: {dimension: labels}}, without `seed` and replicates; None: measuring shows.

        With it a mistyped name is found before anything is trained. It must import nothing heavy.
        """
        return None

    def reason_missing(self, metric: str, labels: Mapping[str, Any]) -> str | None:
        """Why a combination of labels has no results; None where it has, or may have."""
        return None

    def identity(self) -> Mapping[str, Any] | None:
        """All that determines a seed's observations but seed and machine, as plain JSON data.

        None: the options as written. Where it has no `source`, a digest of the class's module and
        of every module of the same project that it imports is added. Raises ValueError where data
        are not to be had.
        """
        return None

    def bytes_of_seed(self) -> int | None:
        """The working set of one seed, in bytes: so many are measured at once. None: all are."""
        return None

    def snapshot_identities(self) -> Sequence[Mapping[str, Any]]:
        """What determines the snapshots it keeps, besides seed, part and machine: plain JSON data,
        one for each way of training. `Context.snapshots` takes them. Empty: it keeps none. Kinds
        share snapshots whose identities are equal and have a `source`, a digest of the code that
        makes them; to any other the kind and its source are added.
        """
        return ()

    def on_stored(self, seeds: Sequence[int], context: Context) -> None:
        """Called when the observations of `seeds` are in the store: what was kept of them on
        their way can go.
        """
        return None

    @classmethod
    def resolve_device(cls, name: str) -> str:
        """The device to run on for one of `devices`. Raises DeviceError where it is not there."""
        return "cpu" if name == "auto" else name

    @classmethod
    def spread(cls, device: str, worker: int, workers: int) -> tuple[str, int]:
        """The device of the process numbered `worker` (from 0) of `workers` on one machine, and how
        many of these processes have work to do; the others wait for them.
        """
        return device, workers

    @classmethod
    def free_memory(cls, device: str) -> int | None:
        """Free bytes on an accelerator. None: a CPU, where caches limit what is done at once."""
        return None

    def data_name(self) -> str | None:
        """The name of the data that measuring reads, which executors send to other machines once.

        None: there are none, or every machine has them.
        """
        return None

    def load_data(self) -> Any:
        """The data as they are sent: numpy arrays and plain values in lists, tuples and dicts."""
        return None

    @classmethod
    def receive_data(cls, name: str, content: Any) -> None:
        """Have what `load_data` gave elsewhere, before an experiment on it is made here."""
        return None
