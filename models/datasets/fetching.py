"""Files downloaded from their authors, verified by pooch, and kept in the user's cache."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from models.datasets.base import DatasetError, require
from models.datasets.files import cache_folder
from models.datasets.progress import progress_line


def fetch(url: str, sha256: str, size: int, name: str, otherwise: str) -> Path:
    """The file at `url`, downloaded where the cache lacks it. Raises DatasetError where that fails,
    with the remedy `otherwise`.

    `size`: of the file, in bytes. A download is renamed into place only when its SHA-256 is right,
    so that half of one is never taken for the whole. The caller holds a lock, so that no two
    processes download at once.
    """
    require("pooch", "pooch", f"fetching {name} needs")
    import pooch
    import requests

    folder = cache_folder() / "downloads"
    try:
        with progress_line(f"fetching {name}", size, "bytes") as advance:
            bar: Any = _ProgressBar(advance)  # pooch takes any bar, but declares a bool
            downloader: Any = pooch.HTTPDownloader(progressbar=bar)  # declared otherwise too
            return Path(
                pooch.retrieve(
                    url, f"sha256:{sha256}", fname=name, path=folder, downloader=downloader
                )
            )
    except requests.exceptions.RequestException as error:
        raise DatasetError(
            f"cannot fetch {url}: {_reason(error)}; try again with a network, {otherwise}"
        ) from error
    except ValueError as error:
        raise DatasetError(
            f"what {url} sent is not {name} ({error}); try again later, {otherwise}"
        ) from error


class _ProgressBar:
    """A progress bar as pooch uses it, shown as a line."""

    total = 0

    def __init__(self, advance: Callable[[int], None]):
        self.update = advance

    def reset(self) -> None:
        """Called at the end, to count again up to the exact number: the line shows it already."""
        self.update = lambda n: None

    def close(self) -> None:
        """Called at the end; nothing is open."""


def _reason(error: Exception) -> str:
    """The cause of an error of requests, without its retries."""
    return str(getattr(error.args[0] if error.args else error, "reason", error))
