"""What the memo's experiments share besides their settings: data, devices and precision."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from claims.experiments import Context, Experiment
from models import datasets, devices
from models.settings import PRECISIONS, TrainedSettings

if TYPE_CHECKING:
    import xarray

    from models.training import Task


@dataclass(frozen=True)
class TrainedExperiment(Experiment):
    """An experiment that trains networks on a named data set."""

    settings: TrainedSettings

    libraries = ("numpy", "torch")
    install_hint = "pip install torch"
    devices = devices.DEVICES
    precisions = PRECISIONS

    @abstractmethod
    def observe(self, seeds: Sequence[int], context: Context) -> xarray.Dataset:
        """`measure`, once the process has taken its device and its share of the cores."""

    def measure(self, seeds: Sequence[int], context: Context) -> xarray.Dataset:
        """Observations of `seeds`. Raises NonFiniteError when a network diverges."""
        devices.take(context.device, context.threads, len(seeds))
        return self.observe(seeds, context)

    def bytes_of_seed(self) -> int:
        """The working set of one seed."""
        return self.settings.bytes_of_seed()

    @classmethod
    def resolve_device(cls, name: str) -> str:
        """ "cpu" or "cuda". Raises DeviceError for "cuda" where torch sees no GPU."""
        return devices.resolve_device(name)

    @classmethod
    def spread(cls, device: str, worker: int, workers: int) -> tuple[str, int]:
        """On GPUs one process of each trains what there is on its device; others wait for it."""
        if device != "cuda":
            return device, workers
        place, n_devices = devices.placed(device, worker)
        return place, min(workers, n_devices)

    @classmethod
    def free_memory(cls, device: str) -> int | None:
        """Free bytes on a GPU; None on a CPU."""
        return None if device == "cpu" else devices.free_memory(device)

    def data_name(self) -> str | None:
        """The data set's name."""
        return self.settings.dataset

    def load_data(self) -> Any:
        """The data set's arrays by name, and its fingerprint."""
        name = self.settings.dataset
        arrays = datasets.load(name)
        plain = {field.name: getattr(arrays, field.name) for field in fields(arrays)}
        return plain, datasets.fingerprint(name)

    @classmethod
    def receive_data(cls, name: str, content: Any) -> None:
        """Have the data set without its files."""
        arrays, fingerprint = content
        datasets.preload(name, datasets.Arrays(**arrays), fingerprint)


def task_of(settings: TrainedSettings, precision: str = "") -> Task:
    """What `models.training` trains; precision: of PRECISIONS, "" for the usual."""
    from models.training import Task

    return Task(
        settings.dataset,
        settings.network,
        settings.train,
        settings.feedback.scale,
        settings.bridge,
        precision or PRECISIONS[0],
    )
