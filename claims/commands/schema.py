"""`schema`: the JSON Schema by which editors complete and underline claim files."""

from __future__ import annotations

from pathlib import Path

import click

SCHEMA_FILE = Path(__file__).parent.parent / "schema.json"


@click.command(short_help="write the JSON Schema")
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    default=None,
    help="Write there; `-` prints.  [default: claims/schema.json]",
)
@click.option(
    "--check", "only_check", is_flag=True, help="Write nothing; exit 1 where the file is stale."
)
def command(output: Path | None, only_check: bool) -> None:
    """Write the JSON Schema of claim files."""
    from claims.schema.json_schema import schema_text

    text, path = schema_text(), output or SCHEMA_FILE
    if str(path) == "-":
        click.echo(text, nl=False)
    elif only_check:
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            raise click.ClickException(f"{path.name} is stale; run `python -m claims schema`")
    else:
        path.write_text(text, encoding="utf-8")
        click.echo(f"wrote {path}")
