"""A folder of result files: where a claim changed, and the page of it."""

from __future__ import annotations

import re
import shutil

import numpy as np

from claims.comparison.changes import Change
from claims.report.history import entry_name, history_page, read_history, tracks
from tests.support.commands import call
from tests.support.results import draw, judged


def rng(seed=0):
    return np.random.default_rng(seed)


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
    assert [p.place for p in below.changes] == [4]
    assert below.changes[0].change.change is Change.SHRANK


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
    assert call("history", tmp_path / "history").exit_code == 0
    text = (tmp_path / "history" / "history.html").read_text()
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert len(ids) == len(set(ids)) and text.count("<svg") == 5
    assert {ref for ref in re.findall(r'href="#([^"]+)"', text)} <= set(ids)
    assert text == history_page(read_history(tmp_path / "history"))  # the same files, the same page


def test_a_history_without_results_says_what_adds_one(tmp_path):
    (tmp_path / "empty").mkdir()
    told = call("history", tmp_path / "empty")
    assert told.exit_code == 1 and "--claims-history=" in told.output
