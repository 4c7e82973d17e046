"""`store`: what the caches hold and what uses it; pruning."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from claims.commands import claims_file, load_or_exit
from claims.store.entries import Store, StoreError
from claims.store.pruning import (
    StoredEntry,
    list_entries,
    parse_size,
    prune,
    read_info,
    remove_leftovers,
)

if TYPE_CHECKING:
    from claims.experiments.kinds import BoundExperiment
    from claims.schema import Suite

UNITS = {"m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


@dataclass(frozen=True)
class Group:
    """The entries of one digest: one experiment's observations, or the snapshots that one way of
    training gave.
    """

    stage: str
    digest: str
    seeds: int
    entries: int
    size: int
    made: float  # the oldest
    used: float  # the latest use of any
    damaged: int
    about: str


class _Size(click.ParamType):
    name = "size"

    def convert(self, value, param, ctx) -> int:
        try:
            return parse_size(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class _Age(click.ParamType):
    name = "age"

    def convert(self, value, param, ctx) -> float:
        match = re.fullmatch(r"(\d+(?:\.\d+)?)([mhdw])", value)
        if match is None:
            self.fail(f"{value!r} is no age; write 30m, 12h, 30d or 4w", param, ctx)
        return float(match[1]) * UNITS[match[2]]


@click.command(short_help="list and prune the caches")
@claims_file
@click.option(
    "--older-than",
    type=_Age(),
    metavar="AGE",
    help="Remove what was not used for so long: 30m, 12h, 30d, 4w",
)
@click.option(
    "--max-size",
    type=_Size(),
    metavar="SIZE",
    help="Remove the least recently used until so much is left: 500M, 8G",
)
@click.option(
    "--unused",
    is_flag=True,
    help="Remove what no experiment of FILE uses, as it and the code stand now",
)
def command(file: Path, older_than: float | None, max_size: int | None, unused: bool) -> None:
    """List what the store of FILE (claims.yaml) holds: age, size, what uses it. With an option:
    prune it.

    What a running suite has in use stays. Everything removed is made again when it is asked for.
    """
    from claims.run import store_bound, store_root
    from claims.schema import read_suite

    store = Store(store_root(file))
    # what a broken file seems not to use may well be used
    suite = load_or_exit(file) if unused else read_suite(file).suite
    try:
        users = _users(suite)
        if unused or older_than is not None or max_size is not None:
            remove_leftovers(store)
            wanted = None if not unused else frozenset(users)
            gone = prune(store, bound=max_size, older_than=older_than, keep=wanted)
            click.echo(
                f"removed {gone.entries} entries, {size(gone.size)}; {size(gone.left)} "
                f"left in {store.root}"
            )
        else:
            show(store, groups(store, users), store_bound())
    except (StoreError, ValueError) as error:
        raise click.ClickException(str(error)) from None


def groups(store: Store, users: Mapping[str, str]) -> list[Group]:
    """The store's entries by stage and digest, the largest first. `users`: {digest: what uses
    it}.
    """
    found = []
    for (stage, digest), members in itertools.groupby(
        list_entries(store), key=lambda e: (e.stage, e.digest)
    ):
        of = list(members)
        found.append(
            Group(
                stage,
                digest,
                len({e.seed for e in of}),
                len(of),
                sum(e.size for e in of),
                min(e.made for e in of),
                max(e.used for e in of),
                sum(e.damaged for e in of),
                users.get(digest) or _unclaimed(of),
            )
        )
    return sorted(found, key=lambda group: -group.size)


def show(store: Store, found: Sequence[Group], bound: int) -> None:
    """The groups as a table, and their sum."""
    from rich.console import Console
    from rich.table import Table

    console = Console()
    if not found:
        return click.echo(f"{store.root}: nothing stored.")
    now = time.time()
    table = Table(box=None, pad_edge=False)
    for heading in ("stage", "seeds", "entries", "size", "oldest", "used", "digest", "used by"):
        table.add_column(
            heading,
            justify="left" if heading in ("stage", "digest", "used by") else "right",
            no_wrap=heading != "used by",
        )
    for group in found:
        table.add_row(
            group.stage,
            str(group.seeds),
            str(group.entries),
            size(group.size),
            age(now - group.made),
            age(now - group.used),
            group.digest[:8],
            group.about,
        )
    console.print(table)
    damaged = sum(group.damaged for group in found)
    click.echo(
        f"{store.root}: {sum(g.entries for g in found)} entries, "
        f"{size(sum(g.size for g in found))} of at most {size(bound)}"
        + (f"; {damaged} damaged, set aside" if damaged else "")
    )


def _users(suite: Suite | None) -> dict[str, str]:
    """{digest: experiment and setting} of all that the suite would use now, on either device and in
    either precision.
    """
    from claims.execution.machine import Machine
    from claims.execution.measure import observations_digest, snapshots_digests

    found: dict[str, set[str]] = {}
    for spec in suite.experiments.values() if suite else ():
        for setting in spec.settings:
            experiment = spec.experiment(setting)
            if experiment.available_seeds is not None:
                continue
            for device, precision in _placements(experiment):
                machine = Machine(device, precision, remote=True)
                where = "" if device == "cpu" else f" on {device}"
                usual = precision in (None, experiment.implementation.precisions[0])
                name = f"{spec.name} ({setting}){where}" + ("" if usual else f" in {precision}")
                digests = (
                    observations_digest(experiment, machine),
                    *snapshots_digests(experiment, machine),
                )
                for digest in digests:
                    found.setdefault(digest, set()).add(name)
    return {digest: ", ".join(sorted(names)) for digest, names in found.items()}


def _placements(experiment: BoundExperiment) -> list[tuple[str, str | None]]:
    """Every device and precision that an experiment may have been measured on."""
    kind = experiment.implementation
    devices = [device for device in kind.devices if device != "auto"]
    return [(device, p) for device in devices for p in (kind.precisions or (None,))]


def _unclaimed(members: Sequence[StoredEntry]) -> str:
    infos = (read_info(entry.path) for entry in members if not entry.damaged)
    kind = next((info["kind"] for info in infos if info.get("kind")), "")
    return f"nothing now ({kind}, other settings or code)" if kind else "nothing now"


def size(n: float) -> str:
    """Bytes as people read them: 812 B, 3.4 MiB."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if n < 1024 or unit == "GiB":
            return f"{n:.0f} B" if unit == "B" else f"{n:.1f} {unit}"
        n /= 1024
    raise AssertionError("unreachable")


def age(seconds: float) -> str:
    """How long ago: 40 s, 5 min, 3 h, 12 d."""
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds / length:.0f} {unit}"
    return f"{max(0.0, seconds):.0f} s"
