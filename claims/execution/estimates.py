"""How long seeds will take, from how long earlier ones took."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from claims.execution.machine import Machine, Placement
from claims.experiments.digests import digest_of
from claims.experiments.kinds import BoundExperiment
from claims.store.entries import ENTRY_SUFFIX, Store
from claims.store.pruning import read_info

STAGE = "observations"
EARLIER = 8  # entries that an expected time is taken from


def entry_info(experiment: BoundExperiment, placement: Placement) -> dict[str, Any]:
    """What an entry says of its making, so that it can be listed and times be expected: settings as
    they are, the code left out.
    """
    settings = digest_of(experiment.plain_options())
    return {"kind": experiment.target, "settings": settings, "machine": placement.identity()}


def expected_seconds(experiment: BoundExperiment, machine: Machine, store: Store) -> float | None:
    """Seconds that a seed took in the newest entries with these settings: their median, those
    resumed halfway left out. None without any.
    """
    wanted = entry_info(experiment, machine.place(experiment))
    seconds: list[float] = []
    for folder in sorted((store.root / STAGE).glob("*"), key=_changed, reverse=True):
        for path in folder.glob(f"seed-*{ENTRY_SUFFIX}"):
            info = read_info(path)
            if not _alike(info, wanted):
                break  # one folder, one experiment
            if not info.get("resumed"):
                seconds.append(info["seconds"])
            if len(seconds) == EARLIER:
                return statistics.median(seconds)
    return statistics.median(seconds) if seconds else None


def _alike(info: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    same = all(info.get(name) == wanted[name] for name in ("kind", "settings"))
    return same and info.get("machine", {}).get("device") == wanted["machine"]["device"]


def _changed(folder: Path) -> float:
    try:
        return folder.stat().st_mtime
    except OSError:
        return 0.0
