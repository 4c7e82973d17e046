"""`new`: appends a claim to a claim file. Everything else in the file keeps its bytes."""

from __future__ import annotations

import io
import os
import shutil
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from claims.commands import DEFAULT_FILE, tell
from claims.problems import ClaimFileError
from claims.yaml_source import Node, Source, plain_scalar, read

NUMBERS = ("by", "within", "factor", "margin", "confidence")


@click.command(short_help="append a claim")
@click.option("--file", type=click.Path(path_type=Path), default=DEFAULT_FILE, show_default=True)
@click.option("--id", "name", help="The claim's id, such as vec-lowers-heldout-early.")
@click.option("--memo", help="The memo that claims it, a key of `memos`.")
@click.option("--where", help="Where in the memo.")
@click.option("--says", help="The claim in words.")
@click.option("--experiment", help="Omitted: the first experiment.")
@click.option("--expect", help="What holds: 'dL_held(vec, epoch=5) < 0'.")
@click.option("--never", help="What never holds, instead of --expect.")
@click.option("--for-every", "for_every", multiple=True, metavar="NAME=A,B,C", help="A variable and its labels; repeatable.")
@click.option("--by", type=float, help="How many fold << and >> mean.")
@click.option("--within", type=float, help="How near approx(a, b) is, as a difference.")
@click.option("--factor", type=float, help="How near approx(a, b) is, as a ratio.")
@click.option("--margin", type=float, help="What --never forgives.")
@click.option("--seeds", type=int, help="How many seeds.")
@click.option("--confidence", type=float, help="Two-sided confidence.")
@click.option("--expected", help="The verdict that passes, where it is not `supported`.")
@click.option("--note", help="Why the expected verdict is not `supported`.")
@click.option("--tag", "tags", multiple=True, help="A pytest mark; repeatable.")
def command(file: Path, name: str | None, for_every: Sequence[str], tags: Sequence[str], **options: Any) -> None:
    """Append a claim to a claim file, after checking it. Asks for what is needed and not given."""
    try:
        source = read(file)
    except ClaimFileError as error:
        raise click.ClickException(str(error)) from None
    asking = name is None or (options["expect"] is None and options["never"] is None)
    name = name or click.prompt("id").strip()
    if asking:
        _ask(options, source)
    entry = _entry(options, for_every, tags)
    before = file.read_bytes().decode("utf-8")
    after = _inserted(before, source, name, entry)
    _write_checked(file, after, name)
    click.echo(f"{file}: appended `{name}`.")


def _ask(options: dict[str, Any], source: Source) -> None:
    """Prompts for what a person would be asked about; an empty answer leaves it out."""
    memos = source.node(("memos",))
    if options["memo"] is None and memos is not None and isinstance(memos.value, dict):
        options["memo"] = click.prompt(f"memo ({', '.join(memos.value)}; empty for none)", default="", show_default=False).strip()
    if options["memo"] and options["where"] is None:
        options["where"] = click.prompt("where in the memo").strip()
    if options["says"] is None:
        options["says"] = click.prompt("the claim in words", default="", show_default=False).strip()
    if options["expect"] is None and options["never"] is None:
        options["expect"] = click.prompt("expression, such as dL_held(vec, epoch=5) < 0").strip()


def _entry(options: Mapping[str, Any], for_every: Sequence[str], tags: Sequence[str]) -> dict[str, Any]:
    """The claim's keys in the order in which claim files have them."""
    order = ("memo", "where", "experiment", "says", "expect", "never", "by", "within", "factor", "margin", "for_every", "seeds",
             "confidence", "expected", "note", "tags")
    given = {**options, "for_every": dict(map(_variable, for_every)) or None, "tags": list(tags) or None}
    entry = {key: given[key] for key in order if given[key] not in (None, "")}
    for key in NUMBERS:
        if key in entry and entry[key] == int(entry[key]):
            entry[key] = int(entry[key])
    return entry


def _variable(text: str) -> tuple[str, list]:
    """`e=5,20,never` as a name and its labels; quotes keep a number a text."""
    name, equals, labels = text.partition("=")
    if not equals or not labels.strip():
        raise click.BadParameter(f"`{text}` is not NAME=A,B,C", param_hint="--for-every")
    return name.strip(), [_label(label.strip()) for label in labels.split(",")]


def _label(text: str) -> Any:
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1]
    return plain_scalar(text)


def _inserted(text: str, source: Source, name: str, entry: Mapping[str, Any]) -> str:
    """The file with the entry after its last claim."""
    claims = source.root.value.get("claims")
    if claims is not None and claims.value is not None and (not isinstance(claims.value, dict) or claims.flow):
        raise click.ClickException(f"{source.path}:{claims.line}: `claims` is not written as an indented mapping; rewrite it, one claim below the other")
    existing = claims.value if claims is not None and claims.value else {}
    if name in existing:
        raise click.ClickException(f"{source.path}:{claims.keys[name][0]}: there is a claim `{name}` already; choose another --id")
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = text.splitlines(keepends=True)
    at = _end_of_claims(source, lines)
    block = _block(name, entry, claims, existing)
    spaced = not existing or len(existing) < 2 or not lines[_second_line(claims) - 2].strip()
    head = "" if at == 0 or lines[at - 1].endswith(("\n", "\r")) else newline
    head += "" if claims is not None else f"{newline}claims:{newline}"
    head += newline if spaced and existing else ""
    tail = newline if at < len(lines) and lines[at].strip() else ""
    return "".join(lines[:at]) + head + block.replace("\n", newline) + tail + "".join(lines[at:])


def _second_line(claims: Node) -> int:
    return sorted(line for line, _ in claims.keys.values())[1]


def _end_of_claims(source: Source, lines: Sequence[str]) -> int:
    """Index of the line before which the entry goes: behind the last claim, before blanks and comments of the next section."""
    keys = source.root.keys
    own = keys["claims"][0] if "claims" in keys else len(lines)
    following = [line for line, _ in keys.values() if line > own]
    at = min(following) - 1 if following else len(lines)
    while at > own and (not lines[at - 1].strip() or (following and lines[at - 1].startswith("#"))):
        at -= 1
    return at


def _block(name: str, entry: Mapping[str, Any], claims: Node | None, existing: Mapping[str, Node]) -> str:
    """The entry as YAML, indented as the claims before it are."""
    from ruamel.yaml import YAML
    from ruamel.yaml.comments import CommentedMap, CommentedSeq

    def flow(value: Any) -> Any:
        if isinstance(value, dict):
            value = CommentedMap({key: flow(inner) for key, inner in value.items()})
        elif isinstance(value, list):
            value = CommentedSeq(value)
        if isinstance(value, (CommentedMap, CommentedSeq)):
            value.fa.set_flow_style()
        return value

    outer, inner = 2, 2
    if existing:
        first = next(iter(existing))
        outer = claims.keys[first][1] - 1
        columns = [column for _, column in existing[first].keys.values()]
        inner = max(min(columns) - 1 - outer, 1) if columns else 2
    yaml = YAML()
    yaml.width = 4096
    yaml.indent(mapping=inner)
    stream = io.StringIO()
    yaml.dump(CommentedMap({name: CommentedMap({key: flow(value) for key, value in entry.items()})}), stream)
    return textwrap.indent(stream.getvalue(), " " * outer)


def _write_checked(path: Path, text: str, name: str) -> None:
    """Writes beside the file, checks that, and only then takes its place."""
    from claims.schema import read_suite

    known = {problem.message for problem in read_suite(path).problems}
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(text.encode("utf-8"))
        shutil.copymode(path, part)
        reading = read_suite(part)
        wrong = [problem for problem in reading.problems if problem.about == name or problem.message not in known]
        if wrong:
            tell(path, wrong, reading.lines)
            raise click.ClickException("nothing was written")
        os.replace(part, path)
    except OSError as error:
        raise click.ClickException(f"{path} cannot be written: {error.strerror}") from None
    finally:
        part.unlink(missing_ok=True)
