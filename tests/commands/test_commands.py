"""`python -m claims check`, `new`, `schema`: what they print, and what they leave untouched."""

from __future__ import annotations

import importlib
import os
import pkgutil
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import claims.commands
from claims.__main__ import COMMANDS, main
from claims.schema import load_suite
from claims.schema.yaml_source import read
from tests.support import ROOT

TEXT = """\
# kept: the head

version: 1
memos: {"7A": {title: A memo}}   # kept: beside
experiments:
  lab:
    kind: recorded
    file: lab.csv
    replicate: run
    conditions: [credit]
    metrics:   [loss]


claims:
  # kept: above
  first:
      says:   "kept:  spaces"
      expect: loss(vec) < 0

  second: {expect: loss(dfa) < 0}   # kept: last
"""


@pytest.fixture
def file(tmp_path):
    (tmp_path / "lab.csv").write_text(
        "run,credit,loss\n"
        + "".join(f"{run},{credit},-{run}.5\n" for run in range(4) for credit in ("dfa", "vec"))
    )
    path = tmp_path / "claims.yaml"
    path.write_text(TEXT, encoding="utf-8")
    return path


def call(*arguments: object, stdin: str | None = None):
    result = CliRunner().invoke(main, [str(argument) for argument in arguments], input=stdin)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


# check


def test_check_prints_the_plan(file):
    result = call("check", file)
    assert result.exit_code == 0
    assert (
        "first" in result.stdout
        and "as recorded" in result.stdout
        and "2 claims, no mistakes" in result.stdout
    )


def test_check_of_the_committed_suite_names_what_is_cached_and_missing(tmp_path, monkeypatch):
    monkeypatch.setenv("CLAIMS_STORE", str(tmp_path))
    result = call("check", ROOT / "claims.yaml", "--device", "cpu")
    assert result.exit_code == 0
    suite = load_suite(ROOT / "claims.yaml")
    lines = {
        tuple(line.split()[:2]): line.split() for line in result.stdout.splitlines() if line.strip()
    }
    for spec in suite.experiments.values():
        asked = [claim for claim in suite.claims if claim.experiment == spec.name]
        if asked:
            row = lines[spec.name, next(iter(spec.settings))]
            most = str(max(claim.seeds.max for claim in asked))
            assert row[3] == most and row[4:6] == ["0", most]
    assert not list(tmp_path.iterdir()), "a plan trains nothing and writes nothing"


def test_check_tells_mistakes_and_still_plans_the_others(file):
    file.write_text(TEXT + "  third:\n    expect: los(vec) < 0\n", encoding="utf-8")
    result = call("check", file)
    assert result.exit_code == 1
    assert (
        "claims.yaml:22:13: error: no metric is called `los`" in result.stderr
        and "1 problem in 1 claim." in result.stderr
    )
    assert "first" in result.stdout and "no mistakes" not in result.stdout


def test_check_of_a_file_that_is_no_claim_file(tmp_path):
    (tmp_path / "x.yaml").write_bytes(b"\x00\x01")
    result = call("check", tmp_path / "x.yaml")
    assert result.exit_code == 1 and "x.yaml:1:1: error" in result.stderr
    assert call("check", tmp_path / "none.yaml").exit_code == 1


def test_check_plans_the_last_look_of_a_schedule(tmp_path, monkeypatch):
    monkeypatch.setenv("CLAIMS_STORE", str(tmp_path / "store"))
    result = call("check", ROOT / "examples" / "own_experiment" / "claims.yaml", "--device", "cpu")
    assert result.exit_code == 0 and "8 to 32 by 8" in result.stdout
    assert ["curve", "digits", "2", "32", "0", "32"] in [
        line.split()[:6] for line in result.stdout.splitlines()
    ]


def test_check_knows_the_settings(file):
    assert call("check", file, "--setting", "default").exit_code == 0
    result = call("check", file, "--setting", "defualt")
    assert result.exit_code == 2 and "did you mean `default`" in result.stderr


def test_check_lists_what_is_not_asked(file):
    file.write_text(
        TEXT.replace(
            "    metrics:   [loss]\n",
            "    metrics:   [loss]\n    settings: {all: {}, few: {file: few.csv}}\n",
        ),
        encoding="utf-8",
    )
    (file.parent / "few.csv").write_text("run,credit,loss\n0,dfa,1\n1,dfa,2\n")
    result = call("check", file, "--setting", "few")
    assert (
        result.exit_code == 0
        and "not asked in few: first: `loss` has no vec in this setting" in result.stdout
    )


def test_check_runs_as_a_module_without_torch(file):
    code = (
        "import sys; sys.argv = ['claims', 'check', sys.argv[1]]\nfrom claims.__main__ import "
        "main\ntry: main()\nexcept SystemExit as e: assert not e.code\nassert 'torch' not "
        "in sys.modules and 'pandas' not in sys.modules"
    )
    subprocess.run(
        [sys.executable, "-c", code, str(file)], cwd=ROOT, check=True, capture_output=True
    )


# new


def appended(file: Path, before: str) -> str:
    """What was added; everything else must have kept its bytes."""
    after = file.read_bytes().decode("utf-8")
    start = next(
        (i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), len(before)
    )
    added = len(after) - len(before)
    for at in range(start, -1, -1):
        if before[:at] == after[:at] and before[at:] == after[at + added :]:
            return after[at : at + added]
    raise AssertionError("the rest of the file changed")


def test_new_appends_and_leaves_the_rest_alone(file):
    result = call(
        "new",
        "--file",
        file,
        "--id",
        "third",
        "--memo",
        "7A",
        "--where",
        "table: 2",
        "--says",
        "It: falls # far",
        "--expect",
        "loss(c) < 0",
        "--for-every",
        "c=dfa,vec",
        "--seeds",
        "8",
        "--tag",
        "mine",
        "--tag",
        "yours",
    )
    assert result.exit_code == 0, result.output
    added = appended(file, TEXT)
    assert added.startswith("\n  third:\n      memo: 7A\n") or added.startswith(
        "  third:\n      memo: 7A\n"
    )
    claim = load_suite(file).claims[-1]
    assert (claim.id, claim.memo, claim.where, claim.says) == (
        "third",
        "7A",
        "table: 2",
        "It: falls # far",
    )
    assert (
        claim.for_every == {"c": ("dfa", "vec")}
        and claim.seeds.start == 8
        and claim.tags == ("mine", "yours")
    )


def test_new_asks(file):
    result = call("new", "--file", file, stdin="asked\n\nIt falls.\nloss(vec) < 1\n")
    assert result.exit_code == 0, result.output
    claim = load_suite(file).claims[-1]
    assert (claim.id, claim.memo, claim.says, claim.expression) == (
        "asked",
        None,
        "It falls.",
        "loss(vec) < 1",
    )


def test_new_never_with_a_margin_and_a_note(file):
    result = call(
        "new",
        "--file",
        file,
        "--id",
        "n",
        "--never",
        "loss(vec) > 0",
        "--margin",
        "0.5",
        "--expected",
        "refuted",
        "--note",
        "so it is",
    )
    assert result.exit_code == 0, result.output
    claim = load_suite(file).claims[-1]
    assert claim.options.never and claim.options.margin == 0.5 and claim.expected == "refuted"


@pytest.mark.parametrize(
    "arguments",
    [
        ["--id", "third", "--expect", "los(vec) < 0"],
        ["--id", "third", "--expect", "loss < 0"],
        ["--id", "first", "--expect", "loss(vec) < 0"],
        ["--id", "a b", "--expect", "loss(vec) < 0"],
        ["--id", "third", "--expect", "loss(vec) < 0", "--expected", "refuted"],
        ["--id", "third", "--expect", "loss(vec) < 0", "--memo", "8"],
        ["--id", "third", "--expect", "loss(c) < 0", "--for-every", "c"],
        ["--id", "third", "--expect", "loss(vec) < 0", "--tag", "skip"],
        ["--id", "third", "--expect", "loss(vec) < 0", "--tag", "slow"],
        [
            "--id",
            "third",
            "--expect",
            "loss(c) < 0",
            "--for-every",
            "c=dfa",
            "--for-every",
            "c=vec",
        ],
    ],
)
def test_new_writes_nothing_that_does_not_check(file, arguments):
    result = call("new", "--file", file, *arguments)
    assert result.exit_code != 0 and "Traceback" not in result.output
    assert file.read_text(encoding="utf-8") == TEXT
    assert sorted(path.name for path in file.parent.iterdir()) == ["claims.yaml", "lab.csv"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--by", "nan"], "'nan' is not a finite number"),
        (["--within", "inf"], "'inf' is not a finite number"),
        (["--confidence", "-inf"], "not a finite number"),
        (["--for-every", "e=1e999"], "`e=1e999`: this number is too large"),
        (["--for-every", "e=.inf"], "`.inf` is not a finite number"),
        (["--for-every", "e=5,,20"], "`e=5,,20` has an empty label"),
        (["--says", "\x01bad"], "control character (U+0001)"),
        (["--for-every", "e=a\x1b"], "control character (U+001B)"),
        (["--note", "\udcff"], "control character (U+DCFF)"),
    ],
)
def test_new_refuses_what_no_file_can_hold(file, arguments, told):
    result = call("new", "--file", file, "--id", "third", "--expect", "loss(vec) < 0", *arguments)
    assert result.exit_code == 2 and told in " ".join(result.stderr.split()), result.output
    assert file.read_text(encoding="utf-8") == TEXT


def test_new_asks_again_after_a_control_character(file):
    result = call("new", "--file", file, stdin="as\x07ked\nasked\n\nIt falls.\nloss(vec) < 1\n")
    assert result.exit_code == 0, result.output
    assert load_suite(file).claims[-1].id == "asked"


def test_new_puts_the_entry_before_the_next_section(file):
    head, claims = TEXT.split("claims:\n")
    text = (
        head.rstrip("\n")
        + "\n\nclaims:\n"
        + claims
        + "\n# kept: of the defaults\ndefaults: {seeds: 8}\n"
    )
    file.write_text(text, encoding="utf-8")
    assert call("new", "--file", file, "--id", "third", "--expect", "loss(vec) < 1").exit_code == 0
    appended(file, text)
    after = file.read_text(encoding="utf-8")
    assert (
        after.index("third:") < after.index("# kept: of the defaults")
        and load_suite(file).claims[-1].id == "third"
    )


def test_new_begins_the_claims_of_a_file_without_any(file):
    for text in (TEXT.split("claims:\n")[0], TEXT.split("  # kept: above")[0]):
        file.write_text(text, encoding="utf-8")
        assert (
            call("new", "--file", file, "--id", "one", "--expect", "loss(vec) < 1").exit_code == 0
        )
        assert [claim.id for claim in load_suite(file).claims] == ["one"]
        appended(file, text)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.rstrip("\n"),
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "\ufeff" + text,
        lambda text: text + "\n\n# kept: the end\n",
    ],
)
def test_new_keeps_odd_line_ends(file, change):
    before = change(TEXT)
    file.write_bytes(before.encode("utf-8"))
    assert call("new", "--file", file, "--id", "third", "--expect", "loss(vec) < 1").exit_code == 0
    appended(file, before)
    assert load_suite(file).claims[-1].id == "third"


def test_new_into_a_file_with_a_mistake_elsewhere(file):
    text = TEXT.replace("loss(dfa) < 0", "los(dfa) < 0")
    file.write_text(text, encoding="utf-8")
    assert call("new", "--file", file, "--id", "third", "--expect", "loss(vec) < 1").exit_code == 0
    assert "third" in read(file).root.value["claims"].value


def test_new_into_claims_in_braces_is_refused(file):
    text = TEXT.split("claims:\n")[0] + "claims: {a: {expect: loss(vec) < 0}}\n"
    file.write_text(text, encoding="utf-8")
    result = call("new", "--file", file, "--id", "third", "--expect", "loss(vec) < 1")
    assert (
        result.exit_code == 1
        and "indented mapping" in result.output
        and file.read_text(encoding="utf-8") == text
    )


def test_new_keeps_the_files_mode(file):
    os.chmod(file, 0o640)
    assert call("new", "--file", file, "--id", "third", "--expect", "loss(vec) < 1").exit_code == 0
    assert file.stat().st_mode & 0o777 == 0o640


def test_new_on_a_copy_of_the_committed_suite(tmp_path):
    path = tmp_path / "claims.yaml"
    shutil.copy(ROOT / "claims.yaml", path)
    before = path.read_text(encoding="utf-8")
    result = call(
        "new",
        "--file",
        path,
        "--id",
        "mine",
        "--memo",
        "7A",
        "--where",
        "table",
        "--says",
        "Loss falls.",
        "--expect",
        "loss(epoch=5) > loss(epoch=20)",
    )
    assert result.exit_code == 0, result.output
    assert (
        appended(path, before).strip().splitlines()[0] == "mine:"
        and load_suite(path).claims[-1].id == "mine"
    )


# schema, and the group


def test_schema_writes_and_checks(tmp_path):
    path = tmp_path / "schema.json"
    assert call("schema", "--output", path).exit_code == 0
    assert path.read_text(encoding="utf-8") == (ROOT / "claims" / "schema.json").read_text(
        encoding="utf-8"
    )
    assert call("schema", "--output", path, "--check").exit_code == 0
    path.write_text("{}", encoding="utf-8")
    assert call("schema", "--output", path, "--check").exit_code == 1
    assert call("schema", "--output", "-").stdout.startswith("{")


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


def test_check_counts_claims_as_people_do(file):
    file.write_text(TEXT.split("  second:")[0], encoding="utf-8")
    assert "1 claim, no mistakes." in call("check", file).stdout


def test_help_names_the_commands_without_importing_them():
    result = call("--help")
    for name in ("check", "new", "schema"):
        assert f"  {name} " in result.stdout
    assert call("nonsense").exit_code == 2
    assert set(result.stdout.split()) & set(COMMANDS)
