"""Digests of source: what counts as code."""

from claims.store.sources import closure, code_digest


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
    ) and "models.probe" not in closure("models.experiments.takeover")
