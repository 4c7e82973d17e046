"""The figures of docs/findings.md, from the result files of runs: `python -m benchmarks.findings
REPORT/claims.json [...]`.

Writes the tables between the page's marks: of each claim what came out in each setting, and the
memo's own figures beside what was reproduced. Where a claim and setting stand in several files, the
last counts. What the page says of the figures is written by hand.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from claims.evidence import Evidence
from claims.report.markdown import plain
from claims.report.wording import MARKS, WORDS, estimate, headline, interval, number
from claims.result_file import Result, read_result

PAGE = Path(__file__).resolve().parent.parent / "docs" / "findings.md"
BEGIN, END = "<!-- {}: written by python -m benchmarks.findings -->", "<!-- end of {} -->"


def table(results: Sequence[Result], control: bool) -> list[str]:
    """A row a claim, a column a setting: verdict, estimate with interval, and seeds."""
    found: dict[str, dict[str, Evidence]] = {}
    for result in results:
        for e in result.claims:
            if ("control" in e.tags) == control:
                found.setdefault(e.id, {})[e.setting] = e
    settings = list(dict.fromkeys(setting for row in found.values() for setting in row))
    lines = [f"| claim | {' | '.join(settings)} |", "|---" * (1 + len(settings)) + "|"]
    return lines + [
        f"| {name} | {' | '.join(_cell(row.get(setting)) for setting in settings)} |"
        for name, row in found.items()
    ]


def reported(results: Sequence[Result]) -> list[str]:
    """A row a figure of a memo, a column a setting."""
    found: dict[tuple[str, float], dict[str, str]] = {}
    for result in results:
        for memo in result.memos.values():
            for r in memo.get("reported", ()):
                if r["estimate"] is not None:
                    cell = plain(f"{number(r['estimate'])} {interval(r['low'], r['high'])}")
                    found.setdefault((r["expression"], r["value"]), {})[r.get("setting", "")] = cell
    settings = list(dict.fromkeys(setting for row in found.values() for setting in row))
    lines = [f"| figure | memo | {' | '.join(settings)} |", "|---" * (2 + len(settings)) + "|"]
    return lines + [
        f"| {plain(name)} | {plain(number(value))} | "
        f"{' | '.join(row.get(s, '') for s in settings)} |"
        for (name, value), row in found.items()
    ]


def _cell(e: Evidence | None) -> str:
    if e is None or e.verdict is None:
        return "" if e is None else WORDS[None]
    atom = headline(e)
    figures = f" {plain(estimate(atom))}, n = {e.n_seeds}" if atom else ""
    return f"{MARKS[e.verdict]} {WORDS[e.verdict]}{figures}"


def put(text: str, name: str, lines: Sequence[str]) -> str:
    """`text` with what stands between the marks of `name` replaced."""
    begin, end = BEGIN.format(name), END.format(name)
    if begin not in text or end not in text:
        raise SystemExit(f"{PAGE.name} lacks the marks `{begin}` and `{end}`")
    head, rest = text.split(begin, 1)
    return "\n".join([head + begin, "", *lines, "", end + rest.split(end, 1)[1]])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("files", nargs="+", type=Path)
    results = [read_result(path) for path in parser.parse_args().files]
    text = PAGE.read_text(encoding="utf-8")
    for name, lines in (
        ("claims", table(results, False)),
        ("controls", table(results, True)),
        ("reported", reported(results)),
    ):
        text = put(text, name, lines)
    PAGE.write_text(text, encoding="utf-8")
    print(f"written: {PAGE.name}, from {', '.join(map(str, parser.parse_args().files))}")


if __name__ == "__main__":
    main()
