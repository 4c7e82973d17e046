"""What must be alike on the driver and on a node for a key to tell the truth: Python, libraries,
and the source of all that makes an entry.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import inspect
import platform
from collections.abc import Mapping
from pathlib import Path

from claims.experiments.base import KINDS, kind_class
from claims.store.sources import PACKAGE, code_digest

LIBRARIES = ("torch", "numpy")
MISSING = "missing"


def versions(kind: str, base: Path) -> dict[str, str]:
    """{name: version} of this process. Raises SettingsError where a user's kind cannot be
    imported.
    """
    found = {"Python": platform.python_version()} | {name: _version(name) for name in LIBRARIES}
    found["source of models"] = package_digest()
    if kind not in KINDS:
        file = inspect.getsourcefile(kind_class(kind, base))
        found[f"source of {kind}"] = code_digest(Path(file))[:16] if file else "none"
    return found


def _version(library: str) -> str:
    try:
        return importlib.metadata.version(library)
    except (
        importlib.metadata.PackageNotFoundError
    ):  # a node that lacks it is refused like any other that differs
        return MISSING


@functools.cache
def package_digest() -> str:
    """Digest of the code of the whole package, 16 hex digits: which module matters to which kind is
    not asked.
    """
    sha = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*.py")):
        sha.update(
            path.relative_to(PACKAGE).as_posix().encode() + b"\0" + code_digest(path).encode()
        )
    return sha.hexdigest()[:16]


def differences(driver: Mapping[str, str], node: Mapping[str, str]) -> str:
    """What differs, in words; empty where nothing does."""
    return ", ".join(
        f"{name} is {node.get(name, MISSING)}, the driver's {wanted}"
        for name, wanted in driver.items()
        if node.get(name) != wanted
    )
