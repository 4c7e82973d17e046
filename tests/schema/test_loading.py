"""The claim file to a suite: missing sections, all problems at once, and no traceback ever."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claims.schema import load_suite, read_suite
from claims.schema.problems import ClaimFileError
from tests.support import ROOT
from tests.support.claim_files import HEAD, ROWS, assert_one_located_screen, claim, malformed

FILES = {
    "no version": (
        claim("dL(vec, epoch=5) < 0").replace("version: 1\n", ""),
        "`version` is missing",
    ),
    "no experiments": ("version: 1\nclaims: {a: {expect: b < 0}}\n", "`experiments` is missing"),
    "no claims": (HEAD.replace("claims:\n", ""), "`claims` is missing"),
    "claims are nothing": (HEAD, "`claims` is empty"),
    "reported nonsense": (
        claim("dL(vec, epoch=5) < 0").replace(
            "{title: A memo}", "{title: A, reported: [{expression: dL(vec), value: 1}]}"
        ),
        "leaves `epoch` open",
    ),
}
CASES = [*malformed(FILES)]
GOOD_FILE = claim(
    "dL(e, epoch=5) << dL(dfa, epoch=20)", "    for_every: {e: [vec]}\n    by: 2.5\n    tags: [a]\n"
)
EDITS = st.lists(
    st.tuples(
        st.integers(0, len(GOOD_FILE)),
        st.integers(0, 6),
        st.one_of(
            st.sampled_from(
                [
                    "\t",
                    " ",
                    "\n",
                    ": ",
                    "- ",
                    "{",
                    "}",
                    "[",
                    "]",
                    "'",
                    '"',
                    "&a ",
                    "*a",
                    "!!str ",
                    "#",
                    "%",
                    "|",
                    ">",
                    "---\n",
                    "1e999",
                    "null",
                    "<<: ",
                    "\x00",
                    "\ud7ff",
                    "\U0001f642",
                    "? ",
                    "\r",
                    "\u2028",
                    "true",
                    "-1",
                    "\ufeff",
                ]
            ),
            st.text(max_size=4),
        ),
    ),
    min_size=1,
    max_size=5,
)


@pytest.mark.parametrize(("text", "phrase"), CASES)
def test_a_malformed_file_is_one_located_screen(write, text, phrase):
    assert_one_located_screen(write(text), phrase)


def test_all_mistakes_of_a_file_are_found_at_once(write):
    text = (
        claim("dL(vek, epoch=5) < 0", "    tags: [skip]\n    confidence: 95\n")
        + "  two:\n    expect: dl(vec, epoch=5) < 0\n    by: 3\n"
    )
    with pytest.raises(ClaimFileError) as caught:
        load_suite(write(text))
    assert [(p.line, p.about) for p in caught.value.problems] == [
        (18, "one"),
        (19, "one"),
        (21, "two"),
        (22, "two"),
    ]


def test_one_broken_claim_hides_no_other(write):
    reading = read_suite(
        write(claim("dL(vek, epoch=5) < 0") + "  two:\n    expect: dL(vec, epoch=5) < 0\n")
    )
    assert [one.id for one in reading.suite.claims] == ["two"]
    assert [problem.about for problem in reading.problems] == ["one"]


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(EDITS)
def test_no_edit_of_a_good_file_is_a_traceback(tmp_path_factory, edits):
    folder = tmp_path_factory.getbasetemp() / "edited"
    folder.mkdir(exist_ok=True)
    (folder / "lab.csv").write_text("\n".join(ROWS) + "\n", encoding="utf-8")
    text = GOOD_FILE
    for at, length, new in edits:
        text = text[:at] + new + text[at + length :]
    (folder / "claims.yaml").write_bytes(text.encode("utf-8", errors="surrogatepass"))
    reading = read_suite(folder / "claims.yaml")
    assert reading.suite is not None or reading.problems
    if reading.problems:
        assert (
            len(str(ClaimFileError(reading.path, reading.problems, reading.lines)).splitlines())
            <= 30
        )


def test_a_suite_is_loaded_without_heavy_imports():
    code = (
        "import sys; from claims.schema import load_suite; load_suite('claims.yaml'); "
        "print([name for name in ('torch', 'pandas', 'xarray', 'scipy', 'sklearn', "
        "'ruamel', 'rich') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
