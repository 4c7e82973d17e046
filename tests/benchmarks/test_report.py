"""The result files that the benchmark of reports makes up are read, and reported quickly."""

import time

from benchmarks.report import result as made_up
from claims.report.markdown import markdown
from claims.report.page import page
from claims.report.terminal import rows
from claims.result_file import read_result, result_text


def test_500_claims_of_64_seeds_are_quick_and_small(tmp_path):
    (tmp_path / "many.json").write_text(result_text(made_up(500, 64)))
    many = read_result(tmp_path / "many.json")
    began = time.perf_counter()
    html, text = page(many), markdown(many)
    lines = [line for e in many.claims for line, _ in rows(e, 80)]
    assert time.perf_counter() - began < 10
    assert len(html.encode()) < 15 * 2**20 and len(text) < 2**20 and len(lines) >= 1000
    assert html.count("<svg") == 1000
