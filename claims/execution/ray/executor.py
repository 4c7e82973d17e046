"""Ray's executor as a command or the plugin asks for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from claims.execution.ray import Ray, Resources, connection
from claims.execution.ray.failures import Failures


def ray_executor(
    address: str | Callable[[], str] | None,
    num_cpus: float | None,
    num_gpus: float | None,
    *,
    folder: Path | None = None,
    prefix: str = "--",
) -> Ray:
    """Ray's executor, which shares with those given the same `folder` what failed; `prefix`: of the
    options' names. Raises ValueError where Ray is missing, or a task would take nothing.
    """
    if not connection.installed():
        raise ValueError(f"`{prefix}executor=ray`: {connection.MISSING}")
    for name, value, least in (
        ("ray-cpus", num_cpus, "above 0"),
        ("ray-gpus", num_gpus, "0 or more"),
    ):
        if value is not None and (value < 0 or (value == 0 and name == "ray-cpus")):
            raise ValueError(f"`{prefix}{name}` is {value:g}; allowed: {least}")
    return Ray(address, Resources(num_cpus, num_gpus), Failures(folder))
