"""Drift: what moved is found and told, what did not is not; replays, partial runs, strangers;
history and accept.
"""

from __future__ import annotations

import json
import re
import shutil

import numpy as np
import pytest
from click.testing import CliRunner
from scipy.stats import binomtest

from claims.__main__ import main
from claims.comparison.changes import Change
from claims.comparison.drift import compare
from claims.report.history import entry_name, history_page, read_history, tracks
from claims.report.result_file import ResultFileError
from claims.schema import load_suite
from tests.support.results import CLAIMS, HEAD, draw, judged


def rng(seed=0):
    return np.random.default_rng(seed)


def changes(comparison):
    return {c.id: c.change for c in comparison.changes}


@pytest.fixture
def old(tmp_path):
    return judged(tmp_path / "old", draw(rng(1)))


def test_fresh_seeds_of_the_same_thing_do_not_drift(old, tmp_path):
    found = compare(old, judged(tmp_path / "new", draw(rng(2)), first_seed=100))
    assert (
        set(changes(found).values()) == {Change.STEADY} and not found.drifted and found.n_tests == 5
    )


def test_the_same_seeds_on_the_same_code_are_a_replay(old, tmp_path):
    found = compare(old, judged(tmp_path / "new", draw(rng(1))))
    assert set(changes(found).values()) == {Change.REPLAY} and found.n_tests == 0


def test_more_seeds_on_the_same_code_are_judged_by_the_new_ones_alone(tmp_path):
    values = draw(rng(1), 40)
    old = judged(tmp_path / "old", {rule: v[:20] for rule, v in values.items()})
    found = compare(old, judged(tmp_path / "new", values))
    shift = next(c.shift for c in found.changes if c.id == "below")
    assert shift.then == pytest.approx(np.mean(values["a"][:20])) and shift.now == pytest.approx(
        np.mean(values["a"][20:])
    )


def test_an_effect_that_shrank_has_its_own_verdict_and_interval(old, tmp_path):
    found = compare(old, judged(tmp_path / "new", draw(rng(2), a=1.4), first_seed=100))
    below = next(c for c in found.changes if c.id == "below")
    assert below.change is Change.SHRANK and below.drifted and below.p_holm < 0.05
    assert below.shift.low < 0.4 < below.shift.high and below.shift.confidence > 0.95
    assert below.sentence().startswith("Still supported, but the effect shrank by 0.")
    assert next(c for c in found.changes if c.id == "wrong").change is Change.MOVED


def test_an_effect_that_grew_grew(old, tmp_path):
    found = compare(old, judged(tmp_path / "new", draw(rng(2), a=0.7), first_seed=100))
    assert changes(found)["below"] is Change.GREW and changes(found)["ordered"] is Change.GREW


def test_ratios_move_by_a_factor(old, tmp_path):
    found = compare(old, judged(tmp_path / "new", draw(rng(2), b=4.0), first_seed=100))
    folded = next(c for c in found.changes if c.id == "folded")
    assert folded.change is Change.GREW and "the effect grew by a factor of" in folded.sentence()
    assert np.exp(abs(folded.shift.low)) > 1.5 and np.exp(
        -folded.shift.difference
    ) == pytest.approx(2, rel=0.15)


def test_changed_code_on_the_same_seeds_is_compared_seed_by_seed(old, tmp_path):
    values = draw(rng(1))
    values["a"] = [
        v + 0.02 + 0.005 * e for v, e in zip(values["a"], rng(3).normal(size=16), strict=True)
    ]
    found = compare(
        old, judged(tmp_path / "new", values, source="other")
    )  # a tenth of the spread between seeds: unpaired it is lost
    assert changes(found)["below"] is Change.SHRANK
    unpaired = compare(old, judged(tmp_path / "far", values, source="other", first_seed=100))
    assert changes(unpaired)["below"] is Change.STEADY


def test_a_move_by_the_same_amount_at_every_seed_is_a_move(old, tmp_path):
    values = {rule: [v + 0.25 for v in column] for rule, column in draw(rng(1)).items()}
    found = compare(old, judged(tmp_path / "new", values, source="other"))
    below = next(c for c in found.changes if c.id == "below")
    assert below.change is Change.SHRANK and below.shift.low == pytest.approx(0.25)
    assert changes(found)["ordered"] is Change.STEADY  # the difference did not move


def test_other_values_of_the_same_seeds_and_code_are_not_taken_for_a_replay(old, tmp_path):
    found = compare(old, judged(tmp_path / "new", draw(rng(2), a=1.4)))
    below = next(c for c in found.changes if c.id == "below")
    assert below.change is Change.SHRANK and below.causes == ("values of the same seeds",)


def test_verdicts_that_turn_over_are_drift(old, tmp_path):
    found = compare(old, judged(tmp_path / "new", draw(rng(2), a=3.0, b=2.0), first_seed=100))
    below = next(c for c in found.changes if c.id == "below")
    assert below.change is Change.VERDICT and below.moved and below.drifted
    assert below.sentence().startswith(
        "Was supported, is refuted; the estimate moved by "
    ) and below.shift.difference == pytest.approx(2, rel=0.15)


def test_an_edit_of_the_claim_file_accepts_what_came_out(old, tmp_path):
    claims = CLAIMS.replace(
        "expect: loss(a) < 2}",
        "expect: loss(a) < 2, expected: refuted, note: The rule was changed.}",
    )
    found = compare(
        old, judged(tmp_path / "new", draw(rng(2), a=3.0, b=2.0), first_seed=100, claims=claims)
    )
    below = next(c for c in found.changes if c.id == "below")
    assert below.accepted and not below.drifted and "Accepted" in below.sentence()


def test_added_removed_and_restated(old, tmp_path):
    claims = "".join(CLAIMS.splitlines(keepends=True)[1:]).replace(
        "loss(a) < loss(b)", "loss(a) < 0.9 * loss(b)"
    )
    claims += "  more: {memo: M, where: end, says: New., expect: loss(b) > 0}\n"
    found = compare(old, judged(tmp_path / "new", draw(rng(2)), first_seed=100, claims=claims))
    assert {k: v for k, v in changes(found).items() if v is not Change.STEADY} == {
        "below": Change.REMOVED,
        "ordered": Change.RESTATED,
        "more": Change.ADDED,
    }
    assert not found.drifted


def test_what_a_partial_run_lacks_is_neither_removed_nor_added(old, tmp_path):
    part = judged(tmp_path / "part", draw(rng(1)), keep=2)
    assert part.partial
    assert set(changes(compare(old, part)).values()) == {Change.REPLAY, Change.NOT_RUN}
    assert set(changes(compare(part, old)).values()) == {Change.REPLAY, Change.INCOMPARABLE}


def test_environments_that_differ_are_named(old, tmp_path):
    new = judged(
        tmp_path / "new",
        draw(rng(1)),
        environment={"torch": "9.9", "commit": "abc", "seed_base": 7},
    )
    assert set(compare(old, new).environment) == {"torch"}


def test_another_memo_is_refused(old, tmp_path):
    other = judged(
        tmp_path / "other",
        draw(rng(1)),
        head=HEAD.replace("  M:", "  N:"),
        claims=CLAIMS.replace("memo: M", "memo: N"),
    )
    with pytest.raises(
        ResultFileError, match=r"old.claims\.json: speaks of memo M, .*other.claims\.json of memo N"
    ):
        compare(old, other)


def test_false_alarms_of_a_whole_comparison_keep_their_promise(tmp_path):
    """Nothing moved in 60 comparisons of 5 claims: at most 5 % of them may say that something
    did.
    """
    n, alarms = 60, 0
    for i in range(n):
        sides = [
            judged(tmp_path / name, draw(rng([i, k]), n=12), first_seed=100 * k)
            for k, name in enumerate(("old", "new"))
        ]
        alarms += bool(compare(*sides).drifted)
    assert binomtest(alarms, n, 0.05, alternative="greater").pvalue > 1e-3, alarms


def run(*arguments):
    return CliRunner().invoke(main, [str(a) for a in arguments])


def test_compare_tells_and_fails_on_drift_when_asked(old, tmp_path):
    new = judged(tmp_path / "new", draw(rng(2), a=1.4), first_seed=100)
    told = run("compare", old.path, new.path)
    assert told.exit_code == 0 and "! below: Still supported, but the effect shrank" in told.output
    assert max(map(len, told.output.splitlines())) <= 80
    assert run("compare", old.path, new.path, "--fail-on", "drift").exit_code == 1
    assert run("compare", old.path, old.path, "--fail-on", "drift").exit_code == 0
    assert "<h2" in run("compare", old.path, new.path, "--format", "html").output
    assert (
        "| verdict | claim |" in run("compare", old.path, new.path, "--format", "markdown").output
    )


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda text: text[: len(text) // 2], "cut short|damaged"),
        (lambda text: text.replace('"version": 1', '"version": 2', 1), "version 2 is newer than 1"),
        (lambda text: "[]", "not a result file"),
        (lambda text: text.replace('"n_seeds": 16', '"n_seeds": "many"', 1), "at claims/0/n_seeds"),
        (lambda text: "", "cut short"),
    ],
    ids=["truncated", "newer", "something else", "wrong type", "empty"],
)
def test_files_that_are_no_result_are_refused_by_name(old, tmp_path, spoil, why):
    path = tmp_path / "spoiled.json"
    path.write_text(spoil(old.path.read_text()))
    told = run("compare", path, old.path)
    assert told.exit_code == 1
    assert re.search(rf"spoiled\.json: .*({why})", told.output), told.output


# history


def remembered(folder, tmp_path, n=6, jump=4):
    for i in range(n):
        result = judged(
            tmp_path / f"run{i}",
            draw(rng([9, i]), a=1.0 if i < jump else 1.5),
            first_seed=100 * i,
            source=f"s{i}",
            environment={
                "commit": f"{i}" * 40,
                "commit_date": f"2026-01-{20 - i:02d}T10:00:00+00:00"
                if i < 0
                else f"2026-01-{10 + i}T10:00:00+00:00",
                "dirty": False,
            },
        )
        folder.mkdir(exist_ok=True)
        shutil.copy(result.path, folder / entry_name(result))


def test_history_marks_a_change_where_it_happened_and_only_there(tmp_path):
    remembered(tmp_path / "history", tmp_path)
    results = read_history(tmp_path / "history")
    assert [r.environment["commit"][0] for r in results] == list("012345")
    below = next(t for t in tracks(results) if t.id == "below")
    assert [p.place for p in below.changes] == [4] and below.changes[
        0
    ].change.change is Change.SHRANK


def test_slow_drift_adds_up_until_it_is_seen(tmp_path):
    folder = tmp_path / "history"
    folder.mkdir()
    for i in range(8):
        result = judged(
            tmp_path / f"r{i}",
            draw(rng([4, i]), a=1 + 0.08 * i),
            first_seed=100 * i,
            source=f"s{i}",
            environment={"commit": str(i) * 40, "commit_date": f"2026-02-{10 + i}T00:00:00+00:00"},
        )
        shutil.copy(result.path, folder / entry_name(result))
    below = next(t for t in tracks(read_history(folder)) if t.id == "below")
    assert below.changes and below.changes[0].place > 1


def test_the_page_of_the_history_is_whole_and_its_ids_are_unique(tmp_path):
    remembered(tmp_path / "history", tmp_path, n=3, jump=2)
    assert run("history", tmp_path / "history").exit_code == 0
    text = (tmp_path / "history" / "history.html").read_text()
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert len(ids) == len(set(ids)) and text.count("<svg") == 5
    assert {ref for ref in re.findall(r'href="#([^"]+)"', text)} <= set(ids)
    assert text == history_page(read_history(tmp_path / "history"))  # the same files, the same page


def test_a_history_without_results_says_what_adds_one(tmp_path):
    (tmp_path / "empty").mkdir()
    told = run("history", tmp_path / "empty")
    assert told.exit_code == 1 and "--history=" in told.output


# accept

FILE = (
    HEAD.replace("metrics: [loss]}", "metrics: [loss], settings: {day: {}, night: {}}}")
    + """\
  # kept: above
  first:
    memo: M
    where: here        # kept: beside
    says: A is small.
    expect: loss(a) < 2
    tags: [x]

  # kept: between
  second:
    memo: M
    where: there
    says: B is small.
    expect: loss(b) < 1
    expected: {day: refuted, night: inconclusive}   # goes with its value
    note: >-
      Known: it is two,
      # this is text
    # kept: after the note
    tags: [y]
"""
)


@pytest.fixture
def file(tmp_path):
    (tmp_path / "lab.csv").write_text(
        "run,rule,loss\n" + "".join(f"{i},{r},{i}\n" for r in "ab" for i in range(8))
    )
    (tmp_path / "claims.yaml").write_text(FILE)
    return tmp_path / "claims.yaml"


def claim(file, name):
    return next(c for c in load_suite(file).claims if c.id == name)


def test_accept_adds_both_keys_and_touches_no_other_line(file):
    told = run(
        "accept",
        "first",
        "--verdict",
        "refuted",
        "--because",
        "It's #1: a 'new' rule",
        "--file",
        file,
    )
    assert told.exit_code == 0, told.output
    assert claim(file, "first").expected == {"day": "refuted", "night": "supported"}
    assert claim(file, "first").note.startswith(
        "It's #1: a 'new' rule. (Accepted as refuted in day, 20"
    )
    before, after = FILE.splitlines(), file.read_text().splitlines()
    assert [line for line in after if line in before] == before and len(after) == len(before) + 2


def test_accept_replaces_one_setting_and_adds_to_the_note(file):
    run(
        "accept",
        "second",
        "--verdict",
        "supported",
        "--setting",
        "night",
        "--because",
        "Word " * 60,
        "--file",
        file,
    )
    second = claim(file, "second")
    assert second.expected == {"day": "refuted", "night": "supported"}
    assert second.note.startswith("Known: it is two, # this is text Word Word") and second.tags == (
        "y",
    )
    kept = [line for line in file.read_text().splitlines() if "kept:" in line]
    assert kept == [line for line in FILE.splitlines() if "kept:" in line]


def test_accept_takes_the_verdict_from_the_result_file(tmp_path):
    result = judged(tmp_path / "lab", draw(rng(1), a=3.0))
    file = tmp_path / "lab" / "claims.yaml"
    text = "\n".join(
        f"  {name}:\n    "
        + body.strip("{}")
        .replace(", where", "\n    where")
        .replace(", says", "\n    says")
        .replace(", expect:", "\n    expect:")
        for name, body in [
            ("below", "memo: M, where: here, says: A's loss is below two., expect: loss(a) < 2")
        ]
    )
    file.write_text(HEAD + text + "\n")
    told = run("accept", "below", "--because", "Seen.", "--file", file, "--result", result.path)
    assert told.exit_code == 0, told.output
    assert claim(file, "below").expected_in("default") == "refuted" or set(
        claim(file, "below").expected.values()
    ) == {"refuted"}


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["nope", "--verdict", "refuted", "--because", "x"], "no claim `nope`"),
        (["frist", "--verdict", "refuted", "--because", "x"], "did you mean `first`"),
        (["first", "--verdict", "refuted", "--because", "  "], "say why"),
        (
            ["first", "--verdict", "refuted", "--setting", "dusk", "--because", "x"],
            "has day, night",
        ),
        (["first", "--because", "x", "--result", "nowhere.json"], "nowhere.json: cannot be read"),
    ],
)
def test_accept_refuses_and_writes_nothing(file, arguments, why):
    told = run("accept", *arguments, "--file", file)
    assert told.exit_code != 0 and why in told.output and file.read_text() == FILE


def test_accept_keeps_windows_line_ends(file):
    file.write_bytes(FILE.replace("\n", "\r\n").encode())
    assert (
        run(
            "accept", "first", "--verdict", "inconclusive", "--because", "So it is", "--file", file
        ).exit_code
        == 0
    )
    data = file.read_bytes()
    assert data.count(b"\r\n") == data.count(b"\n")


def test_every_result_validates_against_the_committed_schema(old):
    from jsonschema import Draft202012Validator

    from claims.report.result_file import SCHEMA

    schema = json.loads(SCHEMA.read_text())
    Draft202012Validator.check_schema(schema)
    data = json.loads(old.path.read_text())
    Draft202012Validator(schema).validate(data)
    assert set(data["claims"][0]) <= set(schema["$defs"]["claim"]["properties"]), (
        "a field that the schema does not describe"
    )
    assert set(data["claims"][0]["atoms"][0]) <= set(schema["$defs"]["atom"]["properties"])
