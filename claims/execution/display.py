"""The progress of training, shown from the records that workers keep in the store.

On a terminal a bar for each experiment under way, removed once it is done; in a log a line every
half minute.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

from claims.execution.estimates import STAGE
from claims.store.activity import WorkStatus, work_statuses
from claims.store.entries import Key, Store

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

FIRST_LINE, EVERY = 5.0, 30.0  # seconds until a log's first line, and between lines
TICK = 0.5
SETTLED = 3.0  # seconds of work before its pace says when it will end
QUIET = 1.0  # seconds without test results before bars come back


@dataclass(frozen=True)
class Named:
    """An experiment's name for people, and how many seconds one of its seeds took earlier."""

    name: str
    seconds: float | None = None


@dataclass(frozen=True)
class Line:
    """One experiment under way.

    `share`: seeds' worth of work done, partly done seeds included; `left`: seconds, None when
    unknown.
    """

    digest: str
    name: str
    done: int
    asked: int
    epochs: int
    all_epochs: int
    share: float
    doing: str
    left: float | None

    def text(self) -> str:
        parts = [f"{self.done}/{self.asked} seeds"]
        if self.all_epochs:
            parts.append(f"{self.epochs}/{self.all_epochs} epochs")
        parts.append(self.doing)
        if self.left is not None:
            parts.append(f"about {duration(self.left)} left")
        return f"{self.name}: {', '.join(parts)}"


@dataclass
class SeedTotals:
    """The seeds asked for and the time since when, kept when the records of workers are gone."""

    names: Callable[[], Mapping[str, Named]]
    asked: dict[str, frozenset[int]] = field(default_factory=dict)
    epochs: dict[str, int] = field(default_factory=dict)
    # time and share when it was first seen
    began: dict[str, tuple[float, float]] = field(default_factory=dict)

    def lines(self, found: Mapping[str, WorkStatus], store: Store, now: float) -> list[Line]:
        """A line for every experiment that is being measured."""
        return [self._line(status, store, now) for status in found.values()]

    def _line(self, status: WorkStatus, store: Store, now: float) -> Line:
        digest = status.digest
        asked = self.asked[digest] = self.asked.get(digest, frozenset()) | status.asked
        each = self.epochs[digest] = max(self.epochs.get(digest, 0), status.of_epochs)
        done = sum(store.has(Key(STAGE, digest, seed)) for seed in asked)
        share = min(done + status.share, float(len(asked)))
        epochs = min(done * each + status.epochs, len(asked) * each)
        known = self.names().get(digest, Named(status.kind))
        left = self._left(digest, share, len(asked), now, known, status)
        return Line(
            digest,
            known.name,
            done,
            len(asked),
            epochs,
            len(asked) * each,
            share,
            status.doing,
            left,
        )

    def _left(
        self, digest: str, share: float, asked: int, now: float, known: Named, status: WorkStatus
    ) -> float | None:
        since, before = self.began.setdefault(digest, (now, share))
        if now - since >= SETTLED and share - before > 0.01:
            return (asked - share) * (now - since) / (share - before)
        if known.seconds is None:
            return None
        return (asked - share) * known.seconds / max(1, status.workers)


class Display:
    """A thread that reads the store during a run and shows its progress.

    `at_line_start` says whether the cursor is at the start of a line.
    """

    def __init__(
        self,
        store: Store,
        names: Callable[[], Mapping[str, Named]],
        file: IO[str],
        *,
        bars: bool,
        at_line_start: Callable[[], bool] = lambda: True,
    ):
        self.store, self.tally, self.file = store, SeedTotals(names), file
        self.wants_bars, self.at_line_start = bars, at_line_start
        self.lock, self.stopped = threading.Lock(), threading.Event()
        self.bars: Bars | None = None
        self.tasks: dict[str, TaskID] = {}
        self.first_seen: float | None = None
        self.last_line: float | None = None
        self.hidden_at = 0.0
        self.thread = threading.Thread(target=self._watch, name="claims-progress", daemon=True)

    def __enter__(self) -> Display:
        self.thread.start()
        return self

    def __exit__(self, *_) -> None:
        self.stopped.set()
        self.thread.join()
        self._hide()

    @contextlib.contextmanager
    def hidden(self) -> Iterator[None]:
        """Removed from the terminal while the block runs, so that something else can be printed."""
        with self.lock:
            self._hide()
            self.hidden_at = time.monotonic()
            yield

    def _watch(self) -> None:
        while not self.stopped.wait(TICK):
            # what is wrong with the display must not end the run
            with self.lock, contextlib.suppress(Exception):
                self.tick(time.monotonic())

    def tick(self, now: float) -> None:
        """Bring the bars, or the log, up to date."""
        lines = self.tally.lines(work_statuses(self.store), self.store, now)
        if self.wants_bars:
            self._draw(lines, now)
        elif lines:
            self._log(lines, now)

    def _log(self, lines: list[Line], now: float) -> None:
        if self.first_seen is None:
            self.first_seen = now
        due = self.first_seen + FIRST_LINE if self.last_line is None else self.last_line + EVERY
        if now >= due:
            self.last_line = now
            start = "" if self.at_line_start() else "\n"
            self.file.write(start + "".join(f"training {line.text()}\n" for line in lines))
            self.file.flush()

    def _draw(self, lines: list[Line], now: float) -> None:
        if not lines:
            return self._hide()
        if self.bars is None:
            if now - self.hidden_at < QUIET:
                return None
            if not self.at_line_start():
                self.file.write("\n")
            self.bars = _bars(self.file)
            self.bars.start()
        for line in lines:
            if line.digest not in self.tasks:
                self.tasks[line.digest] = self.bars.add_task(line.name, text="")
            self.bars.update(
                self.tasks[line.digest],
                total=line.asked,
                completed=line.share,
                text=line.text().partition(": ")[2],
            )
        for digest in set(self.tasks) - {line.digest for line in lines}:
            self.bars.remove_task(self.tasks.pop(digest))
        return self.bars.refresh()

    def _hide(self) -> None:
        if self.bars is not None:
            self.bars.stop()
            self.bars, self.tasks = None, {}


def _bars(file: IO[str]) -> Bars:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    console = Console(file=file, force_terminal=True)
    columns = (TextColumn("{task.description}"), BarColumn(24), TextColumn("{task.fields[text]}"))
    return Progress(
        *columns,
        console=console,
        transient=True,
        auto_refresh=False,
        redirect_stdout=False,
        redirect_stderr=False,
    )


def duration(seconds: float) -> str:
    """A length of time for people: 40 s, 3 min, 2 h 5 min."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
