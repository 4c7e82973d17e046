"""`schema`: the JSON Schema by which editors complete and underline claim files."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(short_help="write the JSON Schema")
@click.argument("file", type=click.Path(path_type=Path), required=False, metavar="[FILE]")
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write there; omitted: print it, or with FILE write FILE's name with .schema.json",
)
@click.option(
    "--check",
    "only_check",
    is_flag=True,
    help="Write nothing; exit 1 if it is stale (omitted FILE and --output: the packaged one)",
)
def command(file: Path | None, output: Path | None, only_check: bool) -> None:
    """Write the JSON Schema of claim files, with the settings of the tool's own kinds.

    With a claim file FILE, the settings of the kinds that its `kinds` name are completed too.
    """
    from claims.commands import load_or_exit
    from claims.schema.json_schema import PACKAGED, schema_text

    if file is None:
        text, path = schema_text(), output or (PACKAGED if only_check else None)
    else:
        suite = load_or_exit(file)
        text = schema_text(suite.kinds, file.resolve().parent)
        path = output or file.with_suffix(".schema.json")
    if path is None or str(path) == "-":
        click.echo(text, nl=False)
    elif only_check:
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            raise click.ClickException(f"{path} is stale; write it again with `claims schema`")
    else:
        path.write_text(text, encoding="utf-8")
        click.echo(f"wrote {path}")
