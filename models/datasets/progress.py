"""A line of progress on standard error while data are fetched or decoded; it may take a minute."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

INTERVAL = 0.5  # seconds between two updates of the line on a terminal
LOG_INTERVAL = 15.0  # the same in a log, where what takes less is not shown


@contextmanager
def progress_line(doing: str, total: int, unit: str) -> Iterator[Callable[[int], None]]:
    """A line of progress while the block runs; it gets `advance(n)`: n more of `total` are done."""
    live = sys.stderr.isatty()
    line = _Line(doing, total, unit, live)
    try:
        yield line.advance
    finally:
        line.end()


class _Line:
    """The state of the line; `live`: it is rewritten in place, on a terminal."""

    def __init__(self, doing: str, total: int, unit: str, live: bool):
        self.doing, self.total, self.unit, self.live = doing, total, unit, live
        self.done, self.last, self.shown = 0, time.monotonic(), False

    def advance(self, n: int) -> None:
        self.done += n
        if time.monotonic() - self.last >= (INTERVAL if self.live else LOG_INTERVAL):
            self.last, self.shown = time.monotonic(), True
            text = f"{self.doing}: {self.done:,} of {self.total:,} {self.unit}"
            print(
                f"\r{text}" if self.live else text,
                end="" if self.live else "\n",
                file=sys.stderr,
                flush=True,
            )

    def end(self) -> None:
        if self.live and self.shown:
            print(file=sys.stderr)
