"""Keys and entries put into a claim file: what they say, and that every other byte is kept."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.schema import ClaimFileError
from claims.schema.editing import EditError, replace_checked, with_entry, with_keys
from claims.schema.yaml_source import read
from tests.support.commands import TEXT

CLAIM = """\
claims:
  # kept: above
  first:
    says: A.   # kept: beside
    expect: loss(a) < 2
    # kept: at the end

  # kept: between
  second:
    expect: loss(b) < 1
    expected: refuted   # goes with its value
    note: >-
      Known: it is two,
      # this is text
    # kept: after the note
    tags: [y]
# kept: of the defaults
defaults: {seeds: 8}
"""


@pytest.fixture
def file(tmp_path):
    """`file(text)`: a claim file that holds the text, as its path."""

    def write(text):
        path = tmp_path / "claims.yaml"
        path.write_bytes(text.encode("utf-8"))
        return path

    return write


def lines_added(before, after):
    """The lines that are new, where all others stand in their order."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    added = []
    for line in new:
        if old and line == old[0]:
            old.pop(0)
        else:
            added.append(line)
    assert not old, f"lost: {old[0]}"
    return added


def set_keys(file, text, name, values):
    return with_keys(text, read(file(text)), ("claims", name), values)


def add(file, text, name="third", **entry):
    return with_entry(text, read(file(text)), "claims", name, entry or {"expect": "x < 1"})


# keys


def test_two_missing_keys_go_to_the_end_in_their_order(file):
    after = set_keys(file, CLAIM, "first", {"expected": "refuted", "note": "So it is."})
    assert lines_added(CLAIM, after) == ["    expected: refuted\n", "    note: So it is.\n"]
    assert after.index("# kept: at the end") < after.index("expected: refuted")
    assert after.index("note: So it is.") < after.index("# kept: between")


def test_a_missing_key_goes_before_the_one_that_is_named_next(file):
    text = CLAIM.replace("    expect: loss(a) < 2\n", "    note: Seen.\n    expect: loss(a) < 2\n")
    after = set_keys(file, text, "first", {"expected": "refuted", "note": "So it is."})
    assert "    expected: refuted\n    note: So it is.\n    expect: loss(a)" in after


def test_a_missing_key_goes_behind_the_one_that_is_named_before(file):
    text = CLAIM.replace("    says: A.", "    expected: supported\n    says: A.")
    after = set_keys(file, text, "first", {"expected": "refuted", "note": "So it is."})
    assert "    expected: refuted\n    note: So it is.\n    says: A." in after


def test_keys_that_are_there_are_replaced_with_what_belongs_to_them(file):
    after = set_keys(file, CLAIM, "second", {"expected": {"day": "refuted"}, "note": "New."})
    gone = (
        "    expected: refuted   # goes with its value\n"
        "    note: >-\n      Known: it is two,\n      # this is text\n"
    )
    assert after == CLAIM.replace(gone, "    expected: {day: refuted}\n    note: New.\n")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("claims: {first: {expect: x}}\n", ":1: `first` is not written as an indented mapping"),
        ("claims:\n  first: {expect: x}\n", ":2: `first` is not written as an indented mapping"),
        ("claims:\n  first:\n", ":2: `first` is not written as an indented mapping"),
        ("claims:\n  other: {}\n", "there is no `first`"),
    ],
)
def test_a_claim_in_one_line_is_not_edited(file, text, why):
    with pytest.raises(EditError, match=why):
        set_keys(file, text, "first", {"note": "New."})


@pytest.mark.parametrize("change", [str, lambda t: t.replace("\n", "\r\n"), lambda t: "\ufeff" + t])
def test_line_ends_and_byte_order_marks_are_kept(file, change):
    text = change(CLAIM)
    added = lines_added(text, set_keys(file, text, "first", {"note": "New."}))
    assert added == [change("    note: New.\n").removeprefix("\ufeff")]


def test_a_file_that_ends_without_a_line_end_gets_one(file):
    text = "claims:\n  first:\n    expect: x < 1"
    assert set_keys(file, text, "first", {"note": "New."}) == text + "\n    note: New.\n"


def test_long_prose_is_folded(file):
    note = "Word " * 60 + "end."
    text = set_keys(file, CLAIM, "first", {"note": note})
    assert "    note: >-\n      Word Word" in text and max(map(len, text.splitlines())) <= 140
    assert read(file(text)).root.data()["claims"]["first"]["note"] == note


@given(st.text(st.characters(exclude_categories=("Cc", "Cs"), include_characters="\n\t")))
def test_any_text_is_read_back_as_it_was(tmp_path_factory, note):
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    for value in (note, f"{note} " * 50):
        path.write_text(CLAIM, encoding="utf-8")
        text = with_keys(CLAIM, read(path), ("claims", "first"), {"note": value})
        path.write_bytes(text.encode("utf-8"))
        claims = read(path).root.data()["claims"]
        assert claims["first"] == {"says": "A.", "expect": "loss(a) < 2", "note": value}
        assert claims["second"]["tags"] == ["y"]


# entries


def test_an_entry_goes_behind_the_last_one_before_the_next_section(file):
    added = lines_added(CLAIM, after := add(file, CLAIM))
    assert added == ["\n", "  third:\n", "    expect: x < 1\n", "\n"]
    assert after.index("tags: [y]") < after.index("third:") < after.index("# kept: of the defaults")


def test_an_entry_is_indented_as_the_first_that_has_lines_of_its_own(file):
    text = "claims:\n   a: {expect: x < 1}\n   b:\n      expect: x < 2\n"
    assert add(file, text) == text + "   third:\n      expect: x < 1\n"


def test_entries_in_braces_are_followed_by_one_with_lines_of_its_own(file):
    text = "claims:\n  a: {expect: x < 1}\n  b: {expect: x < 2}\n"
    assert add(file, text) == text + "  third:\n    expect: x < 1\n"


def test_a_blank_line_is_put_where_entries_have_one(file):
    spaced = "claims:\n  a:\n    expect: x < 1\n\n  # about b\n  b:\n    expect: x < 1\n"
    assert add(file, spaced) == spaced + "\n  third:\n    expect: x < 1\n"
    dense = spaced.replace("\n\n", "\n")
    assert add(file, dense) == dense + "  third:\n    expect: x < 1\n"


@pytest.mark.parametrize(
    ("text", "added"),
    [
        ("version: 1\n", "\nclaims:\n  third:\n    expect: x < 1\n"),
        ("version: 1", "\n\nclaims:\n  third:\n    expect: x < 1\n"),
        ("version: 1\nclaims:\n", "  third:\n    expect: x < 1\n"),
    ],
)
def test_a_section_is_begun_where_there_is_none(file, text, added):
    assert add(file, text) == text + added


def test_lists_and_mappings_of_an_entry_stand_in_brackets(file):
    text = add(file, CLAIM, for_every={"c": ["a", 5, "1.10"]}, tags=["x"], by=1.5)
    assert "    for_every: {c: [a, 5, '1.10']}\n    tags: [x]\n    by: 1.5\n" in text


def test_a_section_in_braces_is_not_edited(file):
    with pytest.raises(EditError, match="yaml:1: `claims` is not written as an indented mapping"):
        add(file, "claims: {a: {expect: x < 1}}\n")


# files


def test_a_file_is_replaced_when_its_check_passes_and_keeps_its_mode(file):
    path = file(TEXT)
    os.chmod(path, 0o640)
    seen = []
    replace_checked(path, TEXT + "# more\n", lambda reading: seen.append(reading.path.name))
    assert path.read_text() == TEXT + "# more\n" and path.stat().st_mode & 0o777 == 0o640
    assert seen == [f".claims.yaml.{os.getpid()}.part"]


def test_a_file_that_fails_its_check_stays_as_it_was(file):
    path = file(TEXT)

    def check(reading):
        raise ClaimFileError(path, reading.problems, reading.lines)

    with pytest.raises(ClaimFileError):
        replace_checked(path, "claims: [", check)
    assert path.read_text() == TEXT and list(path.parent.iterdir()) == [path]
