"""The figures that memos print, and what a run reproduced of them.

Judged from observations that the run has: nothing is trained for a printed figure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from claims.evidence import Evidence, plain
from claims.execution.measure import plan
from claims.judging import generator
from claims.language import to_text
from claims.samples import atom_of, extract_sample
from claims.schema import NotAsked

if TYPE_CHECKING:
    from claims.run import Run
    from claims.schema import Question, Reported


@dataclass(frozen=True)
class ReproducedFigure:
    """A figure printed in a memo beside its estimate and interval in one setting.

    The estimate is None where the setting lacks what the figure names, or where the store lacks
    seeds; an end of the interval is None where it is unbounded.
    """

    memo: str
    expression: str
    value: float  # as printed
    setting: str
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    estimand: str | None = None  # what is estimated, in the names of `Evidence.terms`

    def to_json(self) -> dict[str, Any]:
        """The figure as a row of its memo's `reported` in the result file."""
        row = asdict(self)
        del row["memo"]
        return plain(row)


def reproduced_figures(run: Run, evidence: Sequence[Evidence]) -> tuple[ReproducedFigure, ...]:
    """Every printed figure in every setting in which a claim of its experiment was judged."""
    return tuple(
        _reproduced(run, memo, figure, setting, evidence)
        for memo, about in run.suite.memos.items()
        for figure in about.reported
        for setting in _judged_settings(figure.experiment, evidence)
    )


def _judged_settings(experiment: str, evidence: Sequence[Evidence]) -> Iterator[str]:
    yield from sorted({e.setting for e in evidence if e.experiment == experiment and e.terms})


def _reproduced(
    run: Run, memo: str, figure: Reported, setting: str, evidence: Sequence[Evidence]
) -> ReproducedFigure:
    blank = ReproducedFigure(memo, figure.expression, figure.value, setting)
    experiment = run.suite.experiments[figure.experiment].experiment(setting)
    if experiment.describe() is None:
        return blank
    question = figure.ask(setting)
    if isinstance(question, NotAsked):
        return blank
    blank = replace(blank, estimand=to_text(question.atoms[0].node))
    seeds = _most_seeds(figure.experiment, setting, evidence)
    if plan(experiment, seeds, run.machine, run.store).missing:
        return blank
    return _estimated(blank, run, figure, question, seeds)


def _most_seeds(experiment: str, setting: str, evidence: Sequence[Evidence]) -> Sequence[int]:
    """The seeds of the claim of the experiment that was judged on most."""
    judged = [e for e in evidence if e.experiment == experiment and e.setting == setting]
    return max((e.seeds for e in judged), key=len)


def _estimated(
    blank: ReproducedFigure, run: Run, figure: Reported, question: Question, seeds: Sequence[int]
) -> ReproducedFigure:
    from claims.inference import decide

    spec = run.suite.experiments[figure.experiment]
    observed = run.measure(spec, blank.setting, seeds)
    terms = extract_sample(observed, question.terms, spec.experiment(blank.setting))
    # a threshold, so that it can be judged; only its interval is wanted
    atom = atom_of(replace(question.atoms[0], lower=figure.value), terms.terms)
    rng = generator(figure.expression, run.seed_base)
    found = decide(terms.sample, [atom], rng=rng).atoms[0]
    return replace(
        blank, estimate=plain(found.estimate), low=plain(found.low), high=plain(found.high)
    )
