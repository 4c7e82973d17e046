"""claims.html: the results as one page without script or request.

Texts of claims stay texts, whatever markup they hold.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from claims.evidence import AtomEvidence, Evidence
from claims.report import forest, wording
from claims.report.plots import Plot, plot
from claims.result_file import Result

if TYPE_CHECKING:
    import jinja2

    from claims.comparison.changes import ClaimChange, Comparison

TEMPLATES = Path(__file__).parent / "templates"
OPEN_PLOTS = 4  # a claim of more parts shows its two weakest; the others unfold
NO_MEMO = {"title": None, "date": None, "source": None, "reported": ()}
CLASSES = {
    "supported": "yes",
    "refuted": "no",
    "inconclusive": "open",
    "error": "broken",
    None: "none",
}


@dataclass(frozen=True)
class Part:
    """One atom on the page."""

    atom: AtomEvidence
    row: forest.Row | None
    plot: Plot | None


@dataclass(frozen=True)
class Section:
    """One claim on the page.

    `parts`: its atoms, the weakest first; `change`: what changed since the baseline.
    """

    slug: str
    evidence: Evidence
    parts: tuple[Part, ...]
    change: ClaimChange | None

    @property
    def head(self) -> Part | None:
        """The weakest atom."""
        return self.parts[0] if self.parts else None

    @property
    def css(self) -> str:
        """The class that colours the section."""
        return CLASSES[self.evidence.verdict]

    def seed_rows(self) -> Iterator[tuple[int, list[float]]]:
        """(seed, its value of each term), where rows are seeds."""
        columns = list(self.evidence.terms.values())
        if self.evidence.paired and all(len(c) == len(self.evidence.seeds) for c in columns):
            yield from (
                (seed, [c[i] for c in columns]) for i, seed in enumerate(self.evidence.seeds)
            )


@dataclass(frozen=True)
class Chapter:
    """One memo on the page: its claims, and the figures that it prints."""

    memo: str | None
    about: Mapping[str, Any]
    sections: tuple[Section, ...]


def page(result: Result, comparison: Comparison | None = None) -> str:
    """The whole page as text."""
    sections = list(_sections(result, comparison))
    memos = list(dict.fromkeys(s.evidence.memo for s in sections)) + [
        m for m in result.memos if m not in {s.evidence.memo for s in sections}
    ]
    chapters = tuple(
        Chapter(
            memo,
            NO_MEMO | dict(result.about(memo)),
            tuple(s for s in sections if s.evidence.memo == memo),
        )
        for memo in memos
    )
    return (
        environment()
        .get_template("claims.html")
        .render(
            result=result,
            chapters=chapters,
            sections=sections,
            comparison=comparison,
            slugs={(s.evidence.id, s.evidence.setting): s.slug for s in sections},
            counts=wording.counts(result.claims),
            several_settings=len({e.setting for e in result.claims}) > 1,
        )
    )


@cache
def environment() -> jinja2.Environment:
    """The templates' environment: it escapes everything and raises for an unknown name."""
    import jinja2

    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.globals |= {
        "w": wording,
        "style": (TEMPLATES / "style.css").read_text(encoding="utf-8"),
        "classes": CLASSES,
        "open_plots": OPEN_PLOTS,
    }
    env.filters |= {
        "number": wording.number,
        "digits": lambda x: f"{x:.6g}",
        "percent": wording.percent,
    }
    return env


def _sections(result: Result, comparison: Comparison | None) -> Iterator[Section]:
    taken: set[str] = set()
    changes = {(c.id, c.setting): c for c in comparison.changes} if comparison else {}
    several = len({e.setting for e in result.claims}) > 1
    for e in result.claims:
        slug = _slug(f"{e.id}@{e.setting}" if several else e.id, taken)
        memo = memo_figures(result.about(e.memo).get("reported", ()), e.setting)
        yield Section(slug, e, tuple(_parts(e, memo)), changes.get((e.id, e.setting)))


def _parts(e: Evidence, memo: Mapping[str, float]) -> Iterator[Part]:
    order = sorted(
        range(len(e.atoms)), key=lambda i: (i != e.headline, -(e.atoms[i].p_value or 0.0))
    )
    for i in order:
        yield Part(e.atoms[i], forest.row(e.atoms[i]), plot(e, e.atoms[i], memo))


def memo_figures(reported: Sequence[Mapping[str, Any]], setting: str) -> dict[str, float]:
    """{text of an estimand: the figure that the memo prints of it}, for the marks in plots."""
    return {
        row["estimand"]: row["value"]
        for row in reported
        if row.get("estimand") and row.get("setting", setting) == setting
    }


def _slug(text: str, taken: set[str]) -> str:
    """An anchor, unique on the page and the same in every run."""
    base = re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-").lower() or "claim"
    slug = next(
        s for s in (base, *(f"{base}-{i}" for i in range(2, len(taken) + 3))) if s not in taken
    )
    taken.add(slug)
    return slug
