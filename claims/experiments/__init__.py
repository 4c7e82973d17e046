"""The extension interface: what a package of experiments may use of the tool.

A kind is a class that inherits from `Experiment`; see `claims.experiments.base` for its parts.
Names are imported when they are first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from claims.experiments.base import (
        DeviceError,
        Diverged,
        Experiment,
        Labels,
        MissingLibrary,
        PositiveFloat,
        PositiveInt,
        Settings,
        SettingsError,
    )
    from claims.experiments.context import Context, Snapshots
    from claims.experiments.digests import deep_merge, digest_of
    from claims.experiments.progress import OffsetProgress, Progress
    from claims.store.sources import source_digest

_HOMES = {
    "claims.experiments.base": (
        "DeviceError",
        "Diverged",
        "Experiment",
        "Labels",
        "MissingLibrary",
        "PositiveFloat",
        "PositiveInt",
        "Settings",
        "SettingsError",
    ),
    "claims.experiments.digests": ("deep_merge", "digest_of"),
    "claims.experiments.context": ("Context", "Snapshots"),
    "claims.experiments.progress": ("OffsetProgress", "Progress"),
    "claims.store.sources": ("source_digest",),
}

__all__ = [
    "Context",
    "DeviceError",
    "Diverged",
    "Experiment",
    "Labels",
    "MissingLibrary",
    "OffsetProgress",
    "PositiveFloat",
    "PositiveInt",
    "Progress",
    "Settings",
    "SettingsError",
    "Snapshots",
    "deep_merge",
    "digest_of",
    "source_digest",
]


def __getattr__(name: str) -> Any:
    for module, names in _HOMES.items():
        if name in names:
            value = getattr(import_module(module), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
