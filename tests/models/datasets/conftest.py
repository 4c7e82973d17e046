"""Every test has a cache of its own and no data folder."""

import hashlib

import pytest

from models.datasets.cifar10 import ARCHIVE, Cifar10, Original
from tests.support.miniatures import binary_archive, miniature


@pytest.fixture(autouse=True)
def own_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("CLAIMS_DATA", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return tmp_path / "cache" / "memo-claims"


@pytest.fixture
def binary(tmp_path, monkeypatch):
    """A miniature of the original archive in CLAIMS_DATA, and the data set that expects it."""
    made = miniature()
    fifths = {f"data_batch_{n + 1}.bin": made["train"][4 * n : 4 * n + 4] for n in range(5)}
    (tmp_path / "data").mkdir()
    path = binary_archive(tmp_path / "data" / ARCHIVE, {**fifths, "test_batch.bin": made["test"]})
    monkeypatch.setenv("CLAIMS_DATA", str(path.parent))
    content = path.read_bytes()
    return path, Cifar10(
        Original("http://127.0.0.1:9/nothing", hashlib.sha256(content).hexdigest(), len(content))
    )
