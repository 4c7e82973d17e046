"""`accept`: writes a verdict that came out, and why it is right, into the claim file. The rest of
the file keeps its bytes.
"""

from __future__ import annotations

import io
import os
import shutil
import textwrap
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from claims.commands import DEFAULT_FILE, tell
from claims.schema.problems import ClaimFileError
from claims.schema.yaml_source import Node, Source, read

if TYPE_CHECKING:
    from claims.evidence import Evidence
    from claims.schema import Claim

RESULT = Path("reports/claims.json")
LINE = 140
VERDICTS = ("supported", "refuted", "inconclusive")


@click.command(short_help="write a verdict into the claim file")
@click.argument("name", metavar="ID")
@click.option(
    "--because", required=True, help="Why that verdict is right; goes into the claim's note."
)
@click.option(
    "--setting", help="The setting it holds in; omitted: the result's, where it has only one."
)
@click.option(
    "--verdict", type=click.Choice(VERDICTS), help="Omitted: the verdict of the result file."
)
@click.option(
    "--result",
    type=click.Path(path_type=Path),
    default=RESULT,
    show_default=True,
    help="The result file that has the verdict.",
)
@click.option("--file", type=click.Path(path_type=Path), default=DEFAULT_FILE, show_default=True)
def command(
    name: str, because: str, setting: str | None, verdict: str | None, result: Path, file: Path
) -> None:
    """Expect of claim ID what came out of it, so that a known change stops alarming. The edit is
    reviewed like any other.
    """
    from claims.schema import load_suite

    because = " ".join(because.split())
    if not because:
        raise click.BadParameter("is empty; say why this verdict is right", param_hint="--because")
    try:
        source, suite = read(file), load_suite(file)
    except ClaimFileError as error:
        raise click.ClickException(str(error)) from None
    claim = next((c for c in suite.claims if c.id == name), None)
    if claim is None:
        from claims.language import nearest

        raise click.ClickException(
            f"{file} has no claim `{name}`; {nearest(name, [c.id for c in suite.claims])}"
        )
    setting, verdict = _came_out(claim, setting, verdict, result)
    before = file.read_bytes().decode("utf-8")
    after = _edited(
        before,
        source,
        name,
        _expected(claim, setting, verdict),
        _note(claim, setting, verdict, because),
    )
    _replace_checked(file, after, name, setting, verdict)
    click.echo(f"{file}: `{name}` is now expected to come out {verdict} in setting {setting}.")


def _came_out(
    claim: Claim, setting: str | None, verdict: str | None, result: Path
) -> tuple[str, str]:
    """The setting and the verdict to write: as given, or as the result file has them."""
    if verdict is not None:
        setting = setting or next(iter(claim.spec.settings))
    else:
        found = _in_result(claim, setting, result)
        setting, verdict = found.setting, found.verdict
    if setting not in claim.spec.settings:
        raise click.ClickException(
            f"`--setting {setting}`: `{claim.id}` has {', '.join(claim.spec.settings)}"
        )
    if verdict not in VERDICTS:
        raise click.ClickException(
            f"`{claim.id}` has no verdict to accept in {result}: {verdict or 'not asked'}; "
            "only a verdict can be expected"
        )
    return setting, verdict


def _in_result(claim: Claim, setting: str | None, result: Path) -> Evidence:
    from claims.report.result_file import ResultFileError, read_result

    try:
        found = [
            e
            for e in read_result(result).claims
            if e.id == claim.id and setting in (None, e.setting)
        ]
    except ResultFileError as error:
        raise click.ClickException(f"{error}; run pytest claims/ first, or say --verdict") from None
    if not found:
        raise click.ClickException(
            f"{result}: `{claim.id}` was not "
            f"judged{f' in setting {setting}' if setting else ''}; run pytest claims/ -k {claim.id}"
        )
    if len(found) > 1:
        raise click.ClickException(
            f"`{claim.id}` was judged in {', '.join(e.setting for e in found)}; say which "
            "with --setting"
        )
    if found[0].expression != claim.expression:
        raise click.ClickException(
            f"{result}: `{claim.id}` was judged as `{found[0].expression}`, and claims "
            "something else now; judge it again"
        )
    return found[0]


def _expected(claim: Claim, setting: str, verdict: str) -> str | dict[str, str]:
    """One word where it holds for every setting; by setting otherwise."""
    settings = list(claim.spec.settings)
    by_setting = {s: v for s in settings if (v := claim.expected_in(s))} | {setting: verdict}
    if set(by_setting.values()) == {"supported"} and len(by_setting) == len(settings):
        return "supported"
    return {s: by_setting[s] for s in settings if s in by_setting}


def _note(claim: Claim, setting: str, verdict: str, because: str) -> str:
    """The reason, behind what the note said before."""
    said = (
        f"{because.rstrip('.')}. (Accepted as {verdict} in {setting}, "
        f"{datetime.now(UTC).date().isoformat()}.)"
    )
    return f"{claim.note} {said}" if claim.note else said


def _edited(text: str, source: Source, name: str, expected: str | dict[str, str], note: str) -> str:
    """The file with two keys of one claim replaced or added; no other line is touched."""
    entry, end = source.node(("claims", name)), _end_of(source, name)
    if not isinstance(entry.value, dict) or entry.flow:
        raise click.ClickException(
            f"{source.path}:{entry.line}: the claim is written in one line; write its keys "
            "one below the other"
        )
    lines = text.splitlines(keepends=True)
    newline = "\r\n" if "\r\n" in text else "\n"
    if lines and not lines[-1].endswith(("\n", "\r")):
        lines[-1] += newline
    indent = " " * (min(column for _, column in entry.keys.values()) - 1)
    where = {
        key: _extent(entry, key, lines, end) for key in ("expected", "note") if key in entry.keys
    }
    last = max(_extent(entry, key, lines, end)[1] for key in entry.keys)
    at = where.get("expected") or ((where["note"][0],) * 2 if "note" in where else (last, last))
    new = {
        "expected": (at, _written("expected", expected, indent)),
        "note": (where.get("note", (at[1], at[1])), _written("note", note, indent)),
    }
    for (start, stop), block in (
        sorted(new.values(), key=lambda edit: edit[0], reverse=True)
        if new["expected"][0] != new["note"][0]
        else [(at, new["expected"][1] + new["note"][1])]
    ):
        lines[start:stop] = [block.replace("\n", newline)]
    return "".join(lines)


def _end_of(source: Source, name: str) -> int:
    """Index of the line behind a claim: the next claim's, the next section's or the file's end."""
    own = source.node(("claims",)).keys[name][0]
    starts = [
        line for node in (source.node(("claims",)), source.root) for line, _ in node.keys.values()
    ]
    return min((line - 1 for line in starts if line > own), default=len(source.lines))


def _extent(entry: Node, key: str, lines: list[str], end: int) -> tuple[int, int]:
    """The lines of a key and its value, without the blank lines and comments before what
    follows.
    """
    start, column = entry.keys[key][0] - 1, entry.keys[key][1] - 1
    stop = min((line - 1 for line, _ in entry.keys.values() if line - 1 > start), default=end)

    def beside(line: str) -> bool:
        return not line.strip() or (
            line.lstrip().startswith("#") and len(line) - len(line.lstrip()) <= column
        )

    while stop > start + 1 and beside(lines[stop - 1]):
        stop -= 1
    return start, stop


def _written(key: str, value: Any, indent: str) -> str:
    """A key and its value as YAML: a mapping in braces, a long text folded."""
    from ruamel.yaml import YAML
    from ruamel.yaml.comments import CommentedMap

    if isinstance(value, str) and len(value) > LINE - len(indent) - len(key):
        body = textwrap.wrap(
            value, LINE - len(indent) - 2, break_long_words=False, break_on_hyphens=False
        )
        return f"{indent}{key}: >-\n" + "".join(f"{indent}  {line}\n" for line in body)
    if isinstance(value, dict):
        value = CommentedMap(value)
        value.fa.set_flow_style()
    yaml, stream = YAML(), io.StringIO()
    yaml.width = 4096
    yaml.dump(CommentedMap({key: value}), stream)
    return indent + stream.getvalue()


def _replace_checked(path: Path, text: str, name: str, setting: str, verdict: str) -> None:
    """Written beside the file and read back; takes its place only when it says what it should."""
    from claims.schema import read_suite

    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(text.encode("utf-8"))
        shutil.copymode(path, part)
        reading = read_suite(part)
        if reading.problems:
            tell(path, reading.problems, reading.lines)
            raise click.ClickException("nothing was written")
        from claims.schema import load_suite

        claim = next(c for c in load_suite(part).claims if c.id == name)
        if claim.expected_in(setting) != verdict:
            raise click.ClickException(
                f"{path}: `{name}` is written in a way that cannot be edited here; nothing "
                "was written"
            )
        os.replace(part, path)
    except OSError as error:
        raise click.ClickException(f"{path} cannot be written: {error.strerror}") from None
    finally:
        part.unlink(missing_ok=True)
