"""A test case of the plugin: a claim in one of its settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from claims.run import Run
    from claims.schema import Claim

ARGUMENT = "claims_case"  # the argument by which a test is asked for once a case


@dataclass(frozen=True)
class Case:
    """A claim to be judged in a setting of its experiment."""

    claim: Claim
    setting: str

    @property
    def id(self) -> str:
        """The case's name in pytest: the claim's id, with the setting where it is not the first."""
        first = next(iter(self.claim.spec.settings))
        return self.claim.id if self.setting == first else f"{self.claim.id}@{self.setting}"


def parametrize(metafunc: pytest.Metafunc, run: Run) -> None:
    """Ask a test that has the argument `claims_case` for each case of a run."""
    if ARGUMENT not in metafunc.fixturenames:
        return
    cases = [Case(claim, setting) for claim, setting in run.cases()]
    metafunc.parametrize(
        ARGUMENT,
        [
            pytest.param(
                case, id=case.id, marks=[getattr(pytest.mark, tag) for tag in case.claim.tags]
            )
            for case in cases
        ],
    )
