"""One command a module, each with a click command called `command`; here is what they share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from claims.schema import LoadResult, Problem, Suite

DEFAULT_FILE = "claims.yaml"


def claims_file(function: Callable) -> Callable:
    """The optional argument that names a claim file."""
    return click.argument(
        "file", type=click.Path(path_type=Path), default=DEFAULT_FILE, metavar="[FILE]"
    )(function)


def print_problems(path: Path, problems: Sequence[Problem], lines: Sequence[str]) -> None:
    """Problems and how many there are to standard error, a screenful at the most."""
    from claims.schema import ClaimFileError

    click.echo(str(ClaimFileError(path, problems, lines)), err=True)
    claims = len({problem.about for problem in problems if problem.about})
    count = len(problems)
    where = f" in {claims} claim{'s' * (claims > 1)}" if claims else ""
    click.echo(f"{count} problem{'s' * (count > 1)}{where}.", err=True)


def load_or_exit(file: Path, settings: Sequence[str] = ()) -> Suite:
    """The suite of a claim file.

    The command ends with code 1 and the located problems of a file that has any, with code 2 for a
    setting that no experiment has.
    """
    from claims.schema import read_suite

    reading = read_suite(file)
    if reading.problems or reading.suite is None:
        print_problems(reading.path, reading.problems, reading.lines)
        raise SystemExit(1)
    check_settings(settings, reading.suite)
    return reading.suite


def check_settings(settings: Sequence[str], suite: Suite) -> None:
    """Raises click.BadParameter for a `--setting` that no experiment has."""
    from claims.language import nearest

    for name in settings:
        if name not in suite.settings:
            raise click.BadParameter(
                f"no experiment has the setting `{name}`; {nearest(name, suite.settings)}",
                param_hint="--setting",
            )


def write_claim_file(path: Path, text: str, check: Callable[[LoadResult], None]) -> None:
    """`replace_checked`, its errors as those of a command."""
    from claims.schema import ClaimFileError
    from claims.schema.editing import EditError, replace_checked

    try:
        replace_checked(path, text, check)
    except ClaimFileError as error:
        print_problems(path, error.problems, error.lines)
        raise click.ClickException("nothing was written") from None
    except EditError as error:
        raise click.ClickException(f"{error}; nothing was written") from None
    except OSError as error:
        raise click.ClickException(f"{path} cannot be written: {error.strerror}") from None


__all__ = [
    "DEFAULT_FILE",
    "check_settings",
    "claims_file",
    "load_or_exit",
    "print_problems",
    "write_claim_file",
]
