"""One command a module; each has a click command called `command`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import click

from claims.problems import ON_ONE_SCREEN, ClaimFileError, Problem

DEFAULT_FILE = "claims.yaml"


def claims_file(function: Callable) -> Callable:
    """The optional argument that names a claim file."""
    return click.argument("file", type=click.Path(path_type=Path), default=DEFAULT_FILE, metavar="[FILE]")(function)


def tell(path: Path, problems: Sequence[Problem], lines: Sequence[str]) -> None:
    """Prints problems to standard error, a screenful at the most, and counts them."""
    click.echo(str(ClaimFileError(path, problems, lines)), err=True)
    claims = len({problem.about for problem in problems if problem.about})
    count = len(problems)
    touched = f" in {claims} claim{'s' * (claims > 1)}" if claims else ""
    click.echo(f"{count} problem{'s' * (count > 1)}{touched}.", err=True)


__all__ = ["DEFAULT_FILE", "ON_ONE_SCREEN", "claims_file", "tell"]
