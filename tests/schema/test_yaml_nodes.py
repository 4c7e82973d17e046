"""YAML nodes: how scalars are read, and YAML that claim files do not use."""

from __future__ import annotations

import pytest

from claims.schema.yaml_source import plain_scalar, read
from tests.support.claim_files import GOOD, assert_one_located_screen, claim, entry, malformed

FILES = {
    "duplicate claim": (
        claim("dL(vec, epoch=5) < 0", "  one:\n    expect: dL(vec, epoch=5) < 0\n"),
        "second time",
    ),
    "duplicate key": (entry(GOOD + GOOD), "second time"),
    "alias": (entry("says: &a text\nnote: *a\n" + GOOD), "anchor"),
    "python object": (entry("says: !!python/object/apply:os.system [true]\n" + GOOD), "tag"),
    "custom tag": (entry("says: !secret x\n" + GOOD), "tag"),
    "deep": ("version: 1\na: " + "[" * 40 + "]" * 40 + "\n", "nested deeper"),
    "very deep": ("version: 1\na: " + "{a: " * 5000 + "1" + "}" * 5000 + "\n", "nested deeper"),
    "two documents": (claim("dL(vec, epoch=5) < 0") + "---\nversion: 1\n", "second YAML document"),
    "list as a key": ("version: 1\n[a, b]: 1\n", "cannot be a key"),
    "huge number": ("version: 1" + "0" * 5000 + "\n", "too large"),
    "huge float": (entry(GOOD + "confidence: 1e999"), "too large"),
    "not a number": (entry(GOOD + "confidence: .nan"), "finite"),
}
ENTRIES = {
    "escape": (GOOD + 'says: "a\\x01b"', "control character"),
}
CASES = [*malformed(FILES), *malformed(ENTRIES, entry)]


@pytest.mark.parametrize(("text", "phrase"), CASES)
def test_a_malformed_file_is_one_located_screen(write, text, phrase):
    assert_one_located_screen(write(text), phrase)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 1e-3),
        ("1E5", 1e5),
        ("-.5", -0.5),
        ("3.", 3.0),
        ("12", 12),
        ("+7", 7),
        ("no", "no"),
        ("on", "on"),
        ("2026-03-25", "2026-03-25"),
        ("1:30", "1:30"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        ("true", True),
        ("null", None),
        ("~", None),
        ("", None),
        ("7A", "7A"),
        ("e5", "e5"),
    ],
)
def test_scalars_are_read_as_a_person_means_them(text, value):
    assert plain_scalar(text) == value
    assert type(plain_scalar(text)) is type(value)


def test_quotes_make_texts(tmp_path):
    (tmp_path / "a.yaml").write_text("a: '5'\nb: \"true\"\nc: 5\n")
    assert read(tmp_path / "a.yaml").root.data() == {"a": "5", "b": "true", "c": 5}
