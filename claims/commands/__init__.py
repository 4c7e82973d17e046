"""One command a module; each has a click command called `command`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from claims.schema.problems import ON_ONE_SCREEN, ClaimFileError, Problem

if TYPE_CHECKING:
    from claims.schema import Suite

DEFAULT_FILE = "claims.yaml"


def claims_file(function: Callable) -> Callable:
    """The optional argument that names a claim file."""
    return click.argument(
        "file", type=click.Path(path_type=Path), default=DEFAULT_FILE, metavar="[FILE]"
    )(function)


def tell(path: Path, problems: Sequence[Problem], lines: Sequence[str]) -> None:
    """Prints problems to standard error, a screenful at the most, and counts them."""
    click.echo(str(ClaimFileError(path, problems, lines)), err=True)
    claims = len({problem.about for problem in problems if problem.about})
    count = len(problems)
    touched = f" in {claims} claim{'s' * (claims > 1)}" if claims else ""
    click.echo(f"{count} problem{'s' * (count > 1)}{touched}.", err=True)


def loaded(file: Path, settings: Sequence[str] = ()) -> Suite:
    """The suite of a claim file that has these settings. Else the command ends here: code 1 and the
    located mistakes, or 2 for a setting.
    """
    from claims.schema import read_suite

    reading = read_suite(file)
    if reading.problems or reading.suite is None:
        tell(reading.path, reading.problems, reading.lines)
        raise SystemExit(1)
    refuse_unknown(settings, reading.suite)
    return reading.suite


def refuse_unknown(settings: Sequence[str], suite: Suite) -> None:
    """Ends a command that was given a `--setting` no experiment has."""
    from claims.language import nearest

    for name in settings:
        if name not in suite.settings:
            raise click.BadParameter(
                f"no experiment has the setting `{name}`; {nearest(name, suite.settings)}",
                param_hint="--setting",
            )


__all__ = ["DEFAULT_FILE", "ON_ONE_SCREEN", "claims_file", "loaded", "refuse_unknown", "tell"]
