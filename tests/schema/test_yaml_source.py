"""Files that are no YAML mapping, and places in those that are."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claims.schema import load_suite, read_suite
from claims.schema.problems import ClaimFileError
from tests.support.claim_files import (
    GOOD,
    HEAD,
    assert_one_located_screen,
    entry,
    malformed,
    sweep,
)

FILES = {
    "empty": ("", "is empty"),
    "only a comment": ("# nothing\n", "is empty"),
    "a list": ("- 1\n", "holds a list"),
    "a word": ("hello\n", "plain value"),
    "tab": (HEAD + "  one:\n\texpect: dL(vec, epoch=5) < 0\n", "tab"),
    "bad indentation": (
        HEAD + "  one:\n    expect: dL(vec, epoch=5) < 0\n   note: x\n",
        "indentation|not YAML",
    ),
    "colon in text": (entry("says: this: that\n" + GOOD), "quote the text"),
    "open quote": (entry('says: "this\n' + GOOD), "never closed"),
    "open bracket": (entry("tags: [a, b\n" + GOOD), "not YAML|indentation|wrong"),
    "at sign": (entry("says: @you\n" + GOOD), "cannot begin a value"),
    "alias bomb": ("a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n", "anchor"),
    "binary": (b"\x7fELF\x02\x01\x00\x00", "control character"),
    "not utf-8": (b"version: 1\nsays: caf\xe9\n", "not UTF-8"),
    "utf-16": ("version: 1\n".encode("utf-16"), "not UTF-8"),
    "control character": ("version: 1\nnote: a\x07b\n", "control character"),
}
CASES = [*malformed(FILES)]


@pytest.mark.parametrize(("text", "phrase"), CASES)
def test_a_malformed_file_is_one_located_screen(write, text, phrase):
    assert_one_located_screen(write(text), phrase)


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
