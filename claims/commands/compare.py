"""`compare`: what changed between two result files of one memo."""

from __future__ import annotations

import shutil
from pathlib import Path

import click


@click.command()
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "markdown", "html"]),
    default="text",
    show_default=True,
    help="Format of what is printed",
)
@click.option(
    "--fail-on", type=click.Choice(["drift"]), help="Exit with code 1 where a claim drifted"
)
@click.option("-v", "--verbose", is_flag=True, help="Also claims that did not move")
def command(old: Path, new: Path, style: str, fail_on: str | None, verbose: bool) -> None:
    """Compare the result file NEW with OLD: verdicts that changed, estimates that moved by more
    than chance gives, claims that were added or removed.

    The same seeds on the same code and settings are a replay, and no evidence of anything.
    """
    from claims.comparison.drift import compare
    from claims.report.terminal import drift_lines
    from claims.result_file import ResultFileError, read_result

    try:
        comparison = compare(read_result(old), read_result(new))
    except ResultFileError as error:
        raise click.ClickException(str(error)) from None
    if style == "text":
        for line in drift_lines(
            comparison, max(40, shutil.get_terminal_size((80, 24)).columns), everything=verbose
        ):
            click.echo(line)
    elif style == "markdown":
        from claims.report.markdown import markdown

        click.echo(markdown(comparison.new, comparison), nl=False)
    else:
        from claims.report.page import page

        click.echo(page(comparison.new, comparison), nl=False)
    if fail_on and comparison.drifted:
        raise SystemExit(1)
