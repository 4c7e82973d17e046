"""Digests of source: what counts as code."""

import pytest

from claims.store import sources
from claims.store.sources import closure, code_digest, project_of, source_digest


def test_comments_and_docstrings_do_not_count_and_code_does(tmp_path):
    texts = ['"""A page."""\nx = 1  # one\n', "x = 1\n", "x = 2\n"]
    files = [tmp_path / f"{i}.py" for i in range(3)]
    for file, text in zip(files, texts, strict=True):
        file.write_text(text)
    first, plain, other = map(code_digest, files)
    assert first == plain != other


def test_a_module_is_known_by_all_that_it_imports():
    assert {"models.experiments.takeover", "models.training", "models.networks.network"} <= closure(
        "models.experiments.takeover"
    )
    assert "models.probe" not in closure("models.experiments.takeover")


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A user's project: a package with a relative import, and a module beside it."""
    package = tmp_path / f"lab_{tmp_path.name.replace('-', '_')}"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "kind.py").write_text(
        "import numpy\nfrom claims import Experiment\nfrom .constants import E\nimport beside_it\n"
    )
    (package / "constants.py").write_text("E = 1\n")
    (tmp_path / "beside_it.py").write_text("F = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield package
    for cached in (source_digest, code_digest, project_of, sources._named):
        cached.cache_clear()


def test_a_users_kind_is_known_by_all_of_its_project_and_by_no_library(project):
    name = project.name
    assert closure(f"{name}.kind") == {
        f"{name}.kind",
        f"{name}.constants",
        "beside_it",
    }


@pytest.mark.parametrize("changed", ["kind.py", "constants.py", "../beside_it.py"])
def test_a_change_anywhere_in_the_closure_changes_the_digest(project, changed):
    before = source_digest(f"{project.name}.kind")
    path = project / changed
    path.write_text(path.read_text() + "more = 2\n")
    source_digest.cache_clear()
    code_digest.cache_clear()
    assert source_digest(f"{project.name}.kind") != before


def test_a_package_that_is_installed_is_known_by_itself_alone():
    assert closure("filelock") and all(name.startswith("filelock") for name in closure("filelock"))
