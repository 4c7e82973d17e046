"""All that a run found, as the reports take it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from claims.evidence import Evidence
from claims.provenance import environment, rerun_command
from claims.reported import ReproducedFigure, reproduced_figures
from claims.schema import Suite

if TYPE_CHECKING:
    from claims.run import Run


@dataclass(frozen=True)
class RunResults:
    """Evidence in the order of the claim file, with what only the run as a whole can say.

    `asked`: how many claims the run was to judge, had all of it run.
    """

    suite: Suite
    evidence: tuple[Evidence, ...]
    figures: tuple[ReproducedFigure, ...]
    environment: Mapping[str, Any]
    asked: int

    @property
    def partial(self) -> bool:
        """Whether some of what was to be judged was not."""
        return len(self.evidence) < self.asked


def results_of(run: Run, evidence: Sequence[Evidence], *, asked: int) -> RunResults:
    """The results of a run from the evidence that it collected."""
    return RunResults(
        run.suite,
        tuple(replace(e, rerun=rerun_command(run, e)) for e in with_holm(evidence)),
        reproduced_figures(run, evidence),
        environment(run),
        asked,
    )


def with_holm(evidence: Sequence[Evidence]) -> list[Evidence]:
    """The evidence with `p_holm`: Holm's correction over the claims of one memo in one setting."""
    from claims.inference import holm

    families: dict[tuple[str | None, str], dict[int, float]] = {}
    for i, e in enumerate(evidence):
        if e.p_value is not None:
            families.setdefault((e.memo, e.setting), {})[i] = e.p_value
    adjusted = list(evidence)
    for p_values in families.values():
        for i, p in zip(p_values, holm(list(p_values.values())), strict=True):
            adjusted[i] = replace(evidence[i], p_holm=p)
    return adjusted
