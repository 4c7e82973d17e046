"""The group of commands: each is registered, none is imported before it is called."""

from __future__ import annotations

import importlib
import pkgutil
import re

import pytest

import claims.commands
from claims.__main__ import COMMANDS
from tests.support import ROOT
from tests.support.commands import TEXT, call


def test_every_command_is_registered():
    modules = [module.name for module in pkgutil.iter_modules(claims.commands.__path__)]
    having = {
        name
        for name in modules
        if hasattr(importlib.import_module(f"claims.commands.{name}"), "command")
    }
    assert having == set(COMMANDS)


def test_every_command_that_the_documents_name_exists():
    texts = [
        path.read_text(encoding="utf-8")
        for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
    ]
    named = {name for text in texts for name in re.findall(r"python -m claims ([a-z]\w*)", text)}
    assert {"check", "new"} <= named <= set(COMMANDS)


@pytest.mark.parametrize("arguments", [["prepare"], ["stepsize"], ["check"]])
def test_a_file_that_cannot_be_loaded_is_told_with_its_place(file, arguments):
    file.write_text(TEXT.replace("loss(vec)", "los(vec)"), encoding="utf-8")
    for path, told in (
        (file, "did you mean `loss`"),
        (file.with_name("none.yaml"), "there is no such file"),
    ):
        result = call(*arguments, path)
        assert (
            result.exit_code == 1
            and told in result.stderr
            and "1 problem" in result.stderr
            and not isinstance(result.exception, KeyError)
        )
        assert str(path) in result.stderr


def test_help_names_the_commands_without_importing_them():
    result = call("--help")
    for name in ("check", "new", "schema"):
        assert f"  {name} " in result.stdout
    assert call("nonsense").exit_code == 2
    assert set(result.stdout.split()) & set(COMMANDS)
