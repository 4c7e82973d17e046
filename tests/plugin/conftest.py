"""Somebody else's repository, in pytester's folder."""

import textwrap

import pytest

from tests.support.foreign import CLAIMS, RESULTS


@pytest.fixture
def write(pytester):
    """`write({path: text})`: files in the repository."""

    def write(files):
        for name, text in files.items():
            path = pytester.path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text))

    return write


@pytest.fixture
def lab(write):
    """`lab(folder)`: a claim file and the results it speaks of, in a folder of the repository."""

    def lab(folder="."):
        write({f"{folder}/claims.yaml": CLAIMS, f"{folder}/lab.csv": RESULTS})

    return lab


@pytest.fixture
def foreign(loaded, pytester, monkeypatch):
    """`foreign(*arguments)`: pytest with the plugin, as an installed project brings it."""
    monkeypatch.setenv("CLAIMS_STORE", str(pytester.path / "store"))
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    return lambda *arguments: pytester.runpytest_inprocess(
        "-p", "claims.plugin", "-p", "no:cacheprovider", "-p", "no:hypothesispytest", *arguments
    )
