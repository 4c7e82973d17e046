"""What a run rests on: machine, library versions, commit; and the command that repeats a claim."""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
import platform
import shlex
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from claims.experiments.base import MissingLibrary

if TYPE_CHECKING:
    from claims.evidence import Evidence
    from claims.run import Run

LIBRARIES = ("numpy", "scipy", "xarray", "pytest", "torch")  # recorded where installed


def environment(run: Run) -> dict[str, Any]:
    """The result file's `environment`."""
    return {
        "python": platform.python_version(),
        "platform": platform.platform(terse=True),
        "cpu_count": os.cpu_count(),
        **_placement(run),
        "seed_base": run.seed_base,
        "claims_file": run.suite.path.name,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        **commit_of(run.suite.path.parent),
        **library_versions(),
    }


def _placement(run: Run) -> dict[str, str | None]:
    """Device and precision of what the run measured; None where all was recorded elsewhere."""
    placements = []
    for experiment in run.experiments().values():
        if experiment.available_seeds is None:
            with contextlib.suppress(MissingLibrary):
                placements.append(run.machine.place(experiment))
    devices = dict.fromkeys(p.device for p in placements)
    precisions = dict.fromkeys(p.precision for p in placements if p.precision)
    return {"device": ", ".join(devices) or None, "precision": ", ".join(precisions) or None}


def library_versions() -> dict[str, str]:
    """{library: version}; a library that is not installed is left out."""
    found = {}
    for name in LIBRARIES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(name)
    return found


def commit_of(folder: Path) -> dict[str, Any]:
    """The checked-out commit of a folder's repository, and whether tracked files differ from it.

    All None where there is no repository.
    """
    named = _git(folder, "log", "-1", "--format=%H%n%cI")
    if not named:
        return {"commit": None, "commit_date": None, "dirty": None}
    name, date = named.splitlines()
    return {
        "commit": name,
        "commit_date": date,
        "dirty": bool(_git(folder, "status", "--porcelain", "--untracked-files=no")),
    }


def _git(folder: Path, *arguments: str) -> str | None:
    """What git prints, or None where it fails."""
    try:
        done = subprocess.run(
            ["git", *arguments],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=10,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def rerun_command(run: Run, evidence: Evidence) -> str:
    """The command that judges one claim alone: in a checkout of the tool from its root, elsewhere
    from the folder of the claim file.
    """
    spec = run.suite.experiments[evidence.experiment]
    default = evidence.setting == next(iter(spec.settings))
    case = evidence.id if default else f"{evidence.id}@{evidence.setting}"
    file = run.suite.path.resolve()
    root = next((p for p in file.parents if (p / "claims" / "test_claims.py").is_file()), None)
    if root is None:
        command = ["pytest", "--pyargs", f"claims.test_claims::test_claim[{case}]"]
        command.append(f"--claims-file={file.name}")
    else:
        command = ["pytest", f"claims/test_claims.py::test_claim[{case}]"]
        if file != root / "claims.yaml":
            command.append(f"--claims-file={file.relative_to(root).as_posix()}")
    if not default:
        command.append(f"--claims-setting={evidence.setting}")
    if run.seed_base:
        command.append(f"--claims-seed-base={run.seed_base}")
    return shlex.join(command)
