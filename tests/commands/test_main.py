"""The group of commands: each is registered, none is imported before it is called."""

from __future__ import annotations

import importlib
import pkgutil
import re
import subprocess
import sys

import click
import pytest

import claims.commands
from claims.__main__ import COMMANDS
from tests.support import ROOT
from tests.support.commands import TEXT, call


def test_every_command_is_registered():
    names = [module.name for module in pkgutil.iter_modules(claims.commands.__path__)]
    modules = {name: importlib.import_module(f"claims.commands.{name}") for name in names}
    commands = {name for name, module in modules.items() if hasattr(module, "command")}
    assert commands == set(COMMANDS)
    for name in commands:
        assert isinstance(modules[name].command, click.Command)


def test_every_command_that_the_documents_name_exists():
    texts = [
        path.read_text(encoding="utf-8")
        for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
    ]
    named = {name for text in texts for name in re.findall(r"python -m claims ([a-z]\w*)", text)}
    assert {"check", "new"} <= named <= set(COMMANDS)


@pytest.mark.parametrize("arguments", [["prepare"], ["check"]])
def test_a_file_that_cannot_be_loaded_is_told_with_its_place(file, arguments):
    file.write_text(TEXT.replace("loss(vec)", "los(vec)"), encoding="utf-8")
    for path, told in (
        (file, "did you mean `loss`"),
        (file.with_name("none.yaml"), "there is no such file"),
    ):
        result = call(*arguments, path)
        assert result.exit_code == 1
        assert told in result.stderr
        assert "1 problem" in result.stderr
        assert not isinstance(result.exception, KeyError)
        assert str(path) in result.stderr


def test_help_names_every_command():
    shown = call("--help").stdout
    for name in COMMANDS:
        assert f"\n  {name} " in shown


def test_an_unknown_command_is_refused():
    assert call("nonsense").exit_code == 2


def modules_after(*arguments: object) -> set[str]:
    """The modules that a process of its own has imported after `python -m claims ARGUMENTS`."""
    code = (
        "import atexit, runpy, sys\n"
        "atexit.register(lambda: print('\\n' + '\\n'.join(sys.modules), file=sys.stderr))\n"
        f"sys.argv[1:] = {[str(argument) for argument in arguments]!r}\n"
        "runpy.run_module('claims', run_name='__main__')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(done.stderr.split())


HEAVY = {"matplotlib", "models", "pydantic", "ray", "scipy", "torch", "xarray"}


def test_help_imports_no_command_and_no_library_but_click():
    found = modules_after("--help")
    assert "claims" in found
    assert not {name for name in found if name.startswith("claims.commands")}
    assert not found & HEAVY


def test_a_command_imports_no_other():
    found = {name for name in modules_after("history", "--help") if "claims.commands." in name}
    assert found == {"claims.commands.history"}


@pytest.mark.parametrize("name", ["accept", "calibrate", "compare", "history", "new", "schema"])
def test_the_help_of_a_command_imports_nothing_that_trains_or_computes(name):
    assert not modules_after(name, "--help") & (HEAVY - {"pydantic"})


@pytest.mark.parametrize("name", COMMANDS)
def test_help_texts_begin_with_a_capital_and_a_single_phrase_has_no_full_stop(name):
    command = importlib.import_module(f"claims.commands.{name}").command
    texts = [COMMANDS[name]]
    texts += [p.help for p in command.params if isinstance(p, click.Option)]
    for text in texts:
        assert text, command.params
        assert text[0].isupper(), text
        assert ". " in text or not text.endswith("."), text
