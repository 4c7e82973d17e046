"""Plain JSON data: their digests, and one laid over another."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any


def digest_of(value: Any) -> str:
    """Digest of plain JSON data, 16 hex digits; key order does not matter, numbers are written
    canonically.
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def deep_merge(base: Mapping, override: Mapping) -> dict:
    """`base` with what `override` names replaced; mappings are merged key by key, all else is
    replaced whole.
    """
    merged = dict(base)
    for key, value in override.items():
        old = merged.get(key)
        if isinstance(old, Mapping) and isinstance(value, Mapping):
            merged[key] = deep_merge(old, value)
        else:
            merged[key] = value
    return merged
