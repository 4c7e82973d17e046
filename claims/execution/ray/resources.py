"""What a task takes of a node."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Resources:
    """What one task takes of a node. Omitted: one core, and on CUDA one GPU."""

    num_cpus: float | None = None
    num_gpus: float | None = None

    def on(self, device: str) -> tuple[float, float]:
        """(cores, GPUs) of a task on `device`."""
        gpus = (
            (1.0 if device.startswith("cuda") else 0.0) if self.num_gpus is None else self.num_gpus
        )
        return (1.0 if self.num_cpus is None else self.num_cpus), gpus
