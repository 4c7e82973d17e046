"""Result files of earlier versions, in the names of the newest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# fields of a claim: their names in version 1, and since version 2
RENAMED_IN_VERSION_2 = {
    "pass_again": "replication_probability",
    "passes_in": "replication_worlds",
    "seeds_to_pass": "seeds_to_replicate",
    "seeds_scheduled": "max_seeds",
    "false_support": "false_positive_rate",
    "false_support_skewed": "false_positive_rate_skewed",
}


def migrated(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """The content of a valid result file as one of the newest version."""
    if data["version"] > 1:
        return data
    claims = [_renamed(claim, RENAMED_IN_VERSION_2) for claim in data["claims"]]
    return {**data, "version": 2, "claims": claims}


def _renamed(fields: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {names.get(name, name): value for name, value in fields.items()}
