"""Claim files in a folder of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from claims.schema import load_suite
from tests.support.claim_files import ROWS


@pytest.fixture
def suite_of(tmp_path):
    """`suite_of(text)`: the suite of a claim file with this text."""

    def load(text: str, name: str = "claims.yaml"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return load_suite(path)

    return load


@pytest.fixture
def write(tmp_path: Path):
    """`write(text)`: a claim file with this text, beside the table that it records."""
    (tmp_path / "lab.csv").write_text("\n".join(ROWS) + "\n", encoding="utf-8")

    def put(text: str | bytes) -> Path:
        path = tmp_path / "claims.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
        return path

    return put
