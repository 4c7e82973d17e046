"""Kinds: imported by name, made of settings; what is wrong is one problem at `kind`."""

import sys

import pytest

from claims.experiments import SettingsError
from claims.experiments.kinds import create, import_kind, target_of

KIND = """
from claims import Experiment


class Kind(Experiment):
    def __init__(self, rate=1.0):
        self.rate = rate

    def measure(self, seeds, context):
        raise AssertionError("not asked")
"""


@pytest.fixture
def module(tmp_path, monkeypatch):
    """`module(text)`: the name of a module of that text, beside a claim file."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    names = iter(f"kind_{tmp_path.name}_{i}".replace("-", "_") for i in range(9))

    def write(text):
        name = next(names)
        (tmp_path / f"{name}.py").write_text(text)
        return name

    return write


def problem_of(call):
    with pytest.raises(SettingsError) as caught:
        call()
    ((path, message),) = caught.value.problems
    assert path == ("kind",)
    return message


def test_a_kind_is_made_of_its_options(module, tmp_path):
    made = create(f"{module(KIND)}:Kind", {"rate": 2.0}, tmp_path, kind="short")
    assert made.implementation.rate == 2.0 and made.kind == "short"


def test_an_unknown_short_name_is_answered_with_the_line_to_add():
    message = problem_of(lambda: target_of("swep", {}))
    assert "`kinds: {swep: package.module:Class}`" in message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("def broken(:\n", "cannot be imported: SyntaxError"),
        ("1 / 0\n", "cannot be imported: ZeroDivisionError"),
        ("import nowhere_at_all\n", "install what brings `nowhere_at_all`"),
        ("", "cannot be imported: module"),
        ("Kind = 3\n", "let the class inherit from `claims.Experiment`"),
    ],
)
def test_what_is_no_kind_is_refused_with_its_reason(module, tmp_path, text, words):
    name = module(text)
    assert words in problem_of(lambda: import_kind(f"{name}:Kind", tmp_path))


def test_the_key_of_a_kind_changes_with_its_source(module, tmp_path):
    first, second = (
        create(f"{module(text)}:Kind", {}, tmp_path).code()["source"]
        for text in (KIND, KIND.replace("1.0", "2.0"))
    )
    assert first != second


def test_settings_that_a_constructor_does_not_take_are_a_problem(module, tmp_path):
    name = module(KIND)
    with pytest.raises(SettingsError, match="does not take these settings"):
        create(f"{name}:Kind", {"speed": 1}, tmp_path)
