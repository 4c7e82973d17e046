"""Claims of research memos as executable statistical tests: the public interface.

Names are imported when they are first asked for, so that `import claims` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from claims.evidence import AtomEvidence, Evidence
    from claims.experiments import (
        Context,
        DeviceError,
        Diverged,
        Experiment,
        Progress,
        Settings,
        SettingsError,
        Snapshots,
    )
    from claims.schema import ClaimFileError, Suite
    from claims.schema import load_suite as load

    __version__: str

_HOMES = {
    "claims.evidence": ("AtomEvidence", "Evidence"),
    "claims.experiments": (
        "Context",
        "DeviceError",
        "Diverged",
        "Experiment",
        "Progress",
        "Settings",
        "SettingsError",
        "Snapshots",
    ),
    "claims.schema": ("ClaimFileError", "Suite"),
}
_RENAMED = {"load": ("claims.schema", "load_suite")}

__all__ = [
    "AtomEvidence",
    "ClaimFileError",
    "Context",
    "DeviceError",
    "Diverged",
    "Evidence",
    "Experiment",
    "Progress",
    "Settings",
    "SettingsError",
    "Snapshots",
    "Suite",
    "__version__",
    "load",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        value: Any = _version()
    elif name in _RENAMED:
        module, own = _RENAMED[name]
        value = getattr(import_module(module), own)
    else:
        module = next((home for home, names in _HOMES.items() if name in names), None)
        if module is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(module), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("memo-claims")
    except PackageNotFoundError:  # a checkout that is not installed
        return "0+checkout"
