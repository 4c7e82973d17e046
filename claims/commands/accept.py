"""`accept`: the verdict that came out, and why it is right, written into the claim file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from claims.commands import DEFAULT_FILE, write_claim_file
from claims.schema import Claim, ClaimFileError, LoadResult, load_suite
from claims.schema.editing import EditError, with_keys
from claims.schema.yaml_source import read

if TYPE_CHECKING:
    from claims.evidence import Evidence

RESULT = Path("reports/claims.json")
VERDICTS = ("supported", "refuted", "inconclusive")


@click.command()
@click.argument("name", metavar="ID")
@click.option("--because", required=True, help="Why that verdict is right, for the claim's note")
@click.option(
    "--setting", help="Setting that it holds in (default: the result's, where it has one)"
)
@click.option(
    "--verdict",
    type=click.Choice(VERDICTS),
    help="Verdict to expect (default: that of the result file)",
)
@click.option(
    "--result",
    type=click.Path(path_type=Path),
    default=RESULT,
    show_default=True,
    help="Result file that has the verdict",
)
@click.option(
    "--file",
    type=click.Path(path_type=Path),
    default=DEFAULT_FILE,
    show_default=True,
    help="Claim file to edit",
)
def command(
    name: str, because: str, setting: str | None, verdict: str | None, result: Path, file: Path
) -> None:
    """Expect of claim ID the verdict that came out, so that a known change no longer fails.

    The edit is reviewed like any other.
    """
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
    setting, verdict = _accepted(claim, setting, verdict, result)
    keys = {
        "expected": _expected(claim, setting, verdict),
        "note": _note(claim, setting, verdict, because),
    }
    try:
        text = with_keys(file.read_bytes().decode("utf-8"), source, ("claims", name), keys)
    except EditError as error:
        raise click.ClickException(str(error)) from None
    write_claim_file(file, text, _check(file, name, setting, verdict))
    click.echo(f"{file}: `{name}` is now expected to come out {verdict} in setting {setting}.")


def _accepted(
    claim: Claim, setting: str | None, verdict: str | None, result: Path
) -> tuple[str, str]:
    """The setting and the verdict to write: as given, or those of the result file."""
    if verdict is not None:
        setting = setting or next(iter(claim.spec.settings))
    else:
        found = _evidence(claim, setting, result)
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


def _evidence(claim: Claim, setting: str | None, result: Path) -> Evidence:
    """What the result file has of the claim."""
    from claims.result_file import ResultFileError, read_result

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
    """The value of the claim's `expected`: a mapping by setting, unless all are supported."""
    settings = list(claim.spec.settings)
    by_setting = {s: v for s in settings if (v := claim.expected_in(s))} | {setting: verdict}
    if set(by_setting.values()) == {"supported"} and len(by_setting) == len(settings):
        return "supported"
    return {s: by_setting[s] for s in settings if s in by_setting}


def _note(claim: Claim, setting: str, verdict: str, because: str) -> str:
    """The claim's note with the reason added."""
    said = (
        f"{because.rstrip('.')}. (Accepted as {verdict} in {setting}, "
        f"{datetime.now(UTC).date().isoformat()}.)"
    )
    return f"{claim.note} {said}" if claim.note else said


def _check(path: Path, name: str, setting: str, verdict: str) -> Callable[[LoadResult], None]:
    """Raises for an edited file that has a problem, or does not expect the verdict."""

    def check(reading: LoadResult) -> None:
        if reading.problems or reading.suite is None:
            raise ClaimFileError(path, reading.problems, reading.lines)
        claim = next(c for c in reading.suite.claims if c.id == name)
        if claim.expected_in(setting) != verdict:
            raise EditError(f"{path}: `{name}` is written in a way that cannot be edited here")

    return check
