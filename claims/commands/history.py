"""`history`: a folder of result files rendered as one page."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="Where the page goes (default: history.html in the folder)",
)
def command(folder: Path, output: Path | None) -> None:
    """Render each claim's estimate over the result files of FOLDER, with a mark where it changed.

    `pytest claims/ --claims-history=FOLDER` adds a file for each whole run.
    """
    from claims.report.history import FILE_NAME, history_page, read_history
    from claims.result_file import ResultFileError, write_atomic

    try:
        path = write_atomic(output or folder / FILE_NAME, history_page(read_history(folder)))
    except ResultFileError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"page: {path}")
