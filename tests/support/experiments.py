"""Experiments by the short names that this repository's claim file gives them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from claims.experiments import kinds

KINDS = {
    "snapshot_sweep": "models.experiments.snapshot_sweep:SnapshotSweep",
    "online_training": "models.experiments.online_training:OnlineTraining",
    "credit_training": "models.experiments.credit_training:CreditTraining",
}
# the section of a claim file that declares them, in one line
DECLARED = f"kinds: {{{', '.join(f'{name}: {target}' for name, target in KINDS.items())}}}\n"


def create(kind: str, options: Mapping[str, Any], base: Path = Path(".")) -> kinds.BoundExperiment:
    """The experiment of a kind, by its short name or as package.module:Class."""
    return kinds.create(kinds.target_of(kind, KINDS), options, base, kind=kind)
