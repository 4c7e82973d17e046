"""YAML with positions: scalars, and files that are no plain YAML mapping."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claims.schema import load_suite, read_suite
from claims.schema.problems import ClaimFileError
from claims.schema.yaml_source import plain_scalar, read
from tests.support.claim_files import (
    GOOD,
    HEAD,
    assert_one_located_screen,
    claim,
    entry,
    malformed,
    sweep,
)

FILES = {
    "empty": ("", "is empty"),
    "only a comment": ("# nothing\n", "is empty"),
    "a list": ("- 1\n", "holds a list"),
    "a word": ("hello\n", "plain value"),
    "duplicate claim": (
        claim("dL(vec, epoch=5) < 0", "  one:\n    expect: dL(vec, epoch=5) < 0\n"),
        "second time",
    ),
    "duplicate key": (entry(GOOD + GOOD), "second time"),
    "tab": (HEAD + "  one:\n\texpect: dL(vec, epoch=5) < 0\n", "tab"),
    "bad indentation": (
        HEAD + "  one:\n    expect: dL(vec, epoch=5) < 0\n   note: x\n",
        "indentation|not YAML",
    ),
    "colon in text": (entry("says: this: that\n" + GOOD), "quote the text"),
    "open quote": (entry('says: "this\n' + GOOD), "never closed"),
    "open bracket": (entry("tags: [a, b\n" + GOOD), "not YAML|indentation|wrong"),
    "at sign": (entry("says: @you\n" + GOOD), "cannot begin a value"),
    "alias": (entry("says: &a text\nnote: *a\n" + GOOD), "anchor"),
    "alias bomb": ("a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n", "anchor"),
    "python object": (entry("says: !!python/object/apply:os.system [true]\n" + GOOD), "tag"),
    "custom tag": (entry("says: !secret x\n" + GOOD), "tag"),
    "deep": ("version: 1\na: " + "[" * 40 + "]" * 40 + "\n", "nested deeper"),
    "very deep": ("version: 1\na: " + "{a: " * 5000 + "1" + "}" * 5000 + "\n", "nested deeper"),
    "two documents": (claim("dL(vec, epoch=5) < 0") + "---\nversion: 1\n", "second YAML document"),
    "list as a key": ("version: 1\n[a, b]: 1\n", "cannot be a key"),
    "binary": (b"\x7fELF\x02\x01\x00\x00", "control character"),
    "not utf-8": (b"version: 1\nsays: caf\xe9\n", "not UTF-8"),
    "utf-16": ("version: 1\n".encode("utf-16"), "not UTF-8"),
    "control character": ("version: 1\nnote: a\x07b\n", "control character"),
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


def test_windows_lines_and_a_byte_order_mark_are_read(tmp_path, suite_of):
    text = sweep("  a: {expect: 'dL_held(vec, epoch=5) < 0'}\n")
    path = tmp_path / "w.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert len(load_suite(path).claims) == 1


def test_columns_count_characters_behind_any_script(write):
    with pytest.raises(ClaimFileError) as caught:
        load_suite(
            write(HEAD + '  one: {says: "\U0001f642 \u6f22", expect: "dL(vek, epoch=5) < 0"}\n')
        )
    problem = caught.value.problems[0]
    assert caught.value.lines[problem.line - 1][problem.column - 1 :][:3] == "vek"


def test_a_missing_file_is_a_problem(tmp_path):
    with pytest.raises(ClaimFileError, match="no such file"):
        load_suite(tmp_path / "none.yaml")


def test_a_folder_is_a_problem(tmp_path):
    with pytest.raises(ClaimFileError, match="cannot be read"):
        load_suite(tmp_path)


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.binary(max_size=200))
def test_no_bytes_are_a_traceback(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "bytes.yaml"
    path.write_bytes(content)
    assert read_suite(path).problems
