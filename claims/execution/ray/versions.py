"""What must be alike on the driver and on a node for a key to be right: Python, libraries, and the
source of all that makes an entry.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping
from pathlib import Path

import claims
from claims.execution.machine import MISSING, version_of
from claims.experiments.kinds import import_kind
from claims.store.sources import folder_digest, project_of, source_digest

TOOL = Path(claims.__file__).parent


def versions(target: str, base: Path) -> dict[str, str]:
    """{name: version} of this process, for experiments of a kind. Raises SettingsError where the
    kind cannot be imported.
    """
    kind = import_kind(target, base)
    found = {"Python": platform.python_version()}
    found |= {name: version_of(name) for name in kind.libraries}
    found["source of claims"] = folder_digest(TOOL)
    found[f"source of {target}"] = source_digest(target.partition(":")[0])
    return found


def roots(target: str) -> list[str]:
    """Folders from which a node on the driver's file system can import the tool and the kind."""
    own = project_of(target.partition(":")[0])
    return list(dict.fromkeys((str(TOOL.parent), str(own))))


def differences(driver: Mapping[str, str], node: Mapping[str, str]) -> str:
    """What differs, in words; empty where nothing does."""
    return ", ".join(
        f"{name} is {node.get(name, MISSING)}, the driver's {wanted}"
        for name, wanted in driver.items()
        if node.get(name) != wanted
    )
