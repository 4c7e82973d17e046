"""`python -m claims new`: a claim is appended, every other byte is kept."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from claims.schema import load_suite
from claims.schema.yaml_source import read
from tests.support import ROOT
from tests.support.commands import TEXT, call


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
    assert claim.for_every == {"c": ("dfa", "vec")}
    assert claim.seeds.start == 8
    assert claim.tags == ("mine", "yours")


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
    assert result.exit_code == 1
    assert "indented mapping" in result.output
    assert file.read_text(encoding="utf-8") == text


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
    assert appended(path, before).strip().splitlines()[0] == "mine:"
    assert load_suite(path).claims[-1].id == "mine"
