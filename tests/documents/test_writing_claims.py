"""docs/writing-claims.md is executed: every block loads, or fails as the page says."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest

from claims.experiments import Context, Experiment
from claims.inference.atoms import fewest
from claims.language import ExpressionError, Options, compile_claim, parse_claim
from claims.schema import ClaimFileError, NotAsked, Question, load_suite
from tests.support import ROOT

PAGE = (ROOT / "docs" / "writing-claims.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)(?: (\w+))?\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
SECTIONS = ("version", "memos", "defaults", "kinds", "experiments", "metrics", "variants", "claims")


def blocks(kind: str, flavour: str = "") -> list[str]:
    return [text for found, extra, text in BLOCKS if (found, extra) == (kind, flavour)]


def lines(kind: str) -> list[tuple[str, str]]:
    """(expression, comment) of every line."""
    return [
        tuple(part.strip() for part in line.partition("#")[::2])
        for block in blocks(kind)
        for line in block.splitlines()
    ]


def whole(block: str) -> str:
    """A block as a claim file: what it leaves out is this repository's."""
    own = (ROOT / "claims.yaml").read_text(encoding="utf-8")
    parts = {
        match[1]: match[0]
        for match in re.finditer(r"^(\w+):.*?(?=^\w+:|\Z)", own, re.MULTILINE | re.DOTALL)
    }
    if not block.startswith(SECTIONS):
        block = "claims:\n" + textwrap.indent(block, "  ")
    mine = re.findall(r"^(\w+):", block, re.MULTILINE)
    # they speak of this repository's experiments
    mine += ["variants", "defaults"] if "experiments" in mine else []
    return "\n".join(text for name, text in parts.items() if name not in mine) + "\n" + block


def load(folder: Path, block: str):
    path = folder / "claims.yaml"
    path.write_text(whole(block), encoding="utf-8")
    return load_suite(path)


@pytest.fixture(scope="module")
def vocabulary():
    suite = load_suite(ROOT / "claims.yaml")
    spec, derived = suite.experiments["sweep"], suite.claims[0].derived
    return spec.vocabulary("digits", derived), spec.ranges("digits")


@pytest.mark.parametrize("block", blocks("yaml"), ids=lambda block: block.split(":")[0])
def test_every_entry_loads(tmp_path, block):
    suite = load(tmp_path, block)
    assert suite.claims
    for claim in suite.claims:
        assert isinstance(claim.ask("digits"), Question)


@pytest.mark.parametrize(("expression", "_comment"), lines("claim"))
def test_every_expression_means_something(vocabulary, expression, _comment):
    assert compile_claim(parse_claim(expression), Options(), {}, *vocabulary)


@pytest.mark.parametrize(("expression", "phrase"), lines("wrong"))
def test_every_wrong_expression_is_wrong_as_it_says(vocabulary, expression, phrase):
    with pytest.raises(ExpressionError) as caught:
        compile_claim(parse_claim(expression), Options(), {}, *vocabulary)
    assert phrase in f"{caught.value.message} {caught.value.hint}"


def test_the_mistaken_entry_is_told_as_it_says(tmp_path):
    with pytest.raises(ClaimFileError) as caught:
        load(tmp_path, blocks("yaml", "mistaken")[0])
    for line in blocks("text")[0].splitlines():
        assert line.strip() in str(caught.value)


def test_the_recorded_entry_loads(tmp_path):
    (tmp_path / "results.csv").write_text(
        "run,method,accuracy\n0,ours,0.9\n0,theirs,0.8\n1,ours,0.9\n1,theirs,0.7\n"
    )
    block = blocks("yaml", "recorded")[0]
    path = tmp_path / "claims.yaml"
    path.write_text("version: 1\n" + block, encoding="utf-8")
    assert isinstance(load_suite(path).claims[0].ask("default"), Question)


def test_what_the_page_says_of_settings(tmp_path):
    block = next(block for block in blocks("yaml") if block.startswith("experiments"))
    assert all(isinstance(claim.ask("short"), NotAsked) for claim in load(tmp_path, block).claims)


def test_what_the_page_says_of_never(tmp_path):
    block = next(block for block in blocks("yaml") if "never:" in block)
    assert {
        (atom.lower, atom.expression.split("> ")[1])
        for atom in load(tmp_path, block).claims[0].ask("digits").atoms
    } == {(-0.0005, "-0.0005")}


def test_what_the_page_says_of_the_fewest_seeds():
    assert int(re.search(r"fewer than (\d+) seeds can decide nothing", PAGE)[1]) == fewest(
        (1,), 0.025
    )


def test_the_page_has_examples_of_every_key():
    for key in (
        "expect",
        "never",
        "margin",
        "for_every",
        "by",
        "within",
        "factor",
        "seeds",
        "confidence",
        "expected",
        "note",
        "tags",
        "memo",
        "where",
        "says",
        "experiment",
        "metrics",
        "settings",
        "like",
        "kind",
        "kinds",
        "paired",
        "ranges",
        "variants",
    ):
        assert re.search(rf"\b{key}\b[:=]", PAGE), key


def test_the_page_lists_every_part_of_an_experiment():
    parts = {name for name in vars(Experiment) if not name.startswith("_")} - {"measure"}
    listed = set(re.findall(r"^\| `(\w+)[`(]", PAGE, re.MULTILINE))
    context = {name for name in (*vars(Context), *Context.__annotations__) if name[0] != "_"}
    assert listed == parts | (context - {"store", "code"})
