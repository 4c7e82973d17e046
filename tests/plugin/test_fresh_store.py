"""`--claims-fresh`: everything is measured anew, and nothing is left."""

import tempfile

import pytest

from tests.support.coin import GOOD, measured


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "two workers"])
def test_a_fresh_store_is_shared_and_removed(suite, pytester, monkeypatch, workers):
    monkeypatch.setenv("TMPDIR", str(pytester.mkdir("tmp")))
    monkeypatch.setattr(tempfile, "tempdir", None)
    for _ in range(2):
        suite(GOOD, "--claims-fresh", *workers).assert_outcomes(passed=3)
    assert sorted(measured(pytester)) == sorted([*range(8)] * 2)
    assert not list((pytester.path / "tmp").glob("claims-fresh-*"))
    assert not (pytester.path / "store").exists()


def test_it_is_removed_where_the_run_cannot_start(suite, pytester, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(pytester.mkdir("tmp")))
    monkeypatch.setattr(tempfile, "tempdir", None)
    assert suite(GOOD, "--claims-fresh", "--claims-seed-base=-1").ret == 4
    assert not list((pytester.path / "tmp").glob("claims-fresh-*"))
