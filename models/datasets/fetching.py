"""Files fetched from where their authors publish them, verified by pooch, kept in the user's
cache.
"""

from __future__ import annotations

from pathlib import Path

from models.datasets.base import DatasetError
from models.datasets.files import cache_folder
from models.datasets.telling import told


def fetch(url: str, sha256: str, size: int, name: str, otherwise: str) -> Path:
    """The file at `url`, downloaded where the cache lacks it. Raises DatasetError where that fails;
    `otherwise` is its other remedy.

    `size` is its own, in bytes. What arrives is renamed into place only when its SHA-256 is right,
    so that half a download is never taken for the whole. The caller holds a lock: two downloads at
    once would be one too many.
    """
    import pooch
    import requests

    folder = cache_folder() / "downloads"
    try:
        with told(f"fetching {name}", size, "bytes") as advance:
            downloader = pooch.HTTPDownloader(progressbar=_Bar(advance))
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


class _Bar:
    """What pooch asks of a progress bar, told in a line."""

    total = 0

    def __init__(self, advance):
        self.update = advance

    def reset(self) -> None:
        """Pooch begins anew to end on the exact number; here the line has been told."""
        self.update = lambda n: None

    def close(self) -> None:
        """Nothing is held."""


def _reason(error: Exception) -> str:
    """What lies behind requests' account of its retries."""
    return str(getattr(error.args[0] if error.args else error, "reason", error))
