"""The store of snapshots and observations: one seed an entry, content-addressed, atomic,
checksummed. Disposable.

("Snapshot" is the memo's word for a trained network's saved state; it has nothing to do with
snapshot testing.)

An entry is a safetensors file: arrays, plus a little JSON. It is written beside its target and
renamed, under a lock that the operating system frees when its holder dies. What does not match its
checksum is named, set aside and made again. What a killed process left half written goes when its
seed is next locked, or in the sweep at the end of a run (`claims.store.pruning`). A file's
modification time says when the entry was made, its access time when it was last used: both are set
here, whatever the file system's own habits.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout

FORMAT = "claims-store-1"
ENTRY_SUFFIX, DAMAGED_SUFFIX, PART_SUFFIX, LOCK_SUFFIX = (
    ".safetensors",
    ".damaged",
    ".part",
    ".lock",
)
JOURNAL = "journal.jsonl"
ELSEWHERE = "set CLAIMS_STORE to a folder"


class StoreError(RuntimeError):
    """The store cannot be written or read; the message says what to do."""


class DamagedEntryWarning(UserWarning):
    """An entry did not match its checksum; it was set aside and will be made again."""


@dataclass(frozen=True)
class Key:
    """Names one seed's entry: stage ("snapshots", "observations"), digest of all that determines
    its bytes, seed, part (an epoch).
    """

    stage: str
    digest: str
    seed: int
    part: str = ""

    @property
    def relative(self) -> Path:
        name = f"seed-{self.seed}" + (f"-{self.part}" if self.part else "")
        return Path(self.stage, self.digest, f"{name}{ENTRY_SUFFIX}")


@dataclass(frozen=True)
class Entry:
    """What is stored: named arrays and plain JSON data."""

    arrays: Mapping[str, np.ndarray]
    info: Mapping[str, Any]


class Store:
    """Entries below one folder, shared by any number of processes."""

    def __init__(self, root: Path):
        self.root = Path(root)

    def path(self, key: Key) -> Path:
        """Where the entry lies, or would."""
        return self.root / key.relative

    def has(self, key: Key) -> bool:
        """Whether there is an entry; its checksum is verified when it is fetched."""
        try:
            return self.path(key).exists()
        except OSError as error:
            raise _read_error(self.path(key), error) from error

    def fetch(self, key: Key) -> Entry | None:
        """The entry, its checksum verified; None where there is none or where it was damaged (then
        it is set aside, with a warning).
        """
        path = self.path(key)
        try:
            with open(path, "rb") as file:
                status = os.fstat(file.fileno())
                content = file.read()
                # a store that may only be read is used all the same
                with contextlib.suppress(OSError):
                    os.utime(
                        file.fileno() if os.utime in os.supports_fd else path,
                        ns=(time.time_ns(), status.st_mtime_ns),
                    )
        except FileNotFoundError:
            return None
        except IsADirectoryError:
            self._set_aside(key, None, "it is a folder")
            return None
        except OSError as error:
            raise _read_error(path, error) from error
        try:
            return _decode(content, key)
        except ValueError as error:
            self._set_aside(key, status, str(error))
            return None

    def save(self, key: Key, arrays: Mapping[str, np.ndarray], info: Mapping[str, Any]) -> None:
        """Write an entry whole or not at all. The caller holds `lock` on its seed."""
        self._write(key, _encode(arrays, info, key))

    def adopt(self, key: Key, content: bytes) -> None:
        """Write an entry that another store made, as it is. The caller holds `lock` on its seed.
        Raises ValueError where it is not whole.
        """
        _decode(content, key)
        self._write(key, content)

    def _write(self, key: Key, content: bytes) -> None:
        path = self.path(key)
        part = path.with_name(path.name + PART_SUFFIX)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with open(part, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(part, path)
        except BaseException as error:
            with contextlib.suppress(OSError):
                part.unlink()
            if isinstance(error, OSError):
                raise _write_error(path, error) from error
            raise
        self.note("made", key.relative)

    def delete(self, key: Key) -> None:
        """Remove an entry, if there is one."""
        try:
            self.path(key).unlink(missing_ok=True)
        except OSError as error:
            raise _write_error(self.path(key), error) from error

    @contextlib.contextmanager
    def lock(self, stage: str, digest: str, seed: int, *, wait: bool = True) -> Iterator[bool]:
        """Hold the right to make or remove a seed's entries. Yields whether it was got; without
        `wait`, False at once when another has it.
        """
        folder = self.root / stage / digest
        with self.hold(folder / f"seed-{seed}{LOCK_SUFFIX}", wait=wait) as got:
            if got:
                self._clear_parts(folder, seed)
            yield got

    @contextlib.contextmanager
    def hold(self, path: Path, *, wait: bool = True) -> Iterator[bool]:
        """Hold the lock file `path`, which no one but a living process can hold; it is gone when
        let go.
        """
        lock = self._acquire(path, wait)
        if lock is None:
            yield False
            return
        try:
            yield True
        finally:
            # Removed while held: who waits on the old file sees that it has no name any more, and
            # tries the new one.
            with contextlib.suppress(OSError):
                path.unlink()
            lock.release()

    @contextlib.contextmanager
    def locks(
        self,
        stage: str,
        digest: str,
        seeds: Sequence[int],
        *,
        at_most: int | None = None,
        wait: bool = False,
    ) -> Iterator[list[int]]:
        """Hold several seeds' locks at once, in ascending order so that no two processes wait for
        each other. Yields the seeds got.
        """
        with contextlib.ExitStack() as held:
            got: list[int] = []
            for seed in sorted(seeds):
                if at_most is not None and len(got) >= at_most:
                    break
                if held.enter_context(self.lock(stage, digest, seed, wait=wait)):
                    got.append(seed)
            yield got

    def note(self, event: str, entry: Path) -> None:
        """A line in the store's journal: what was made, set aside or removed, when, by which
        process. For people, and for tests.
        """
        line = json.dumps(
            {
                "at": round(time.time(), 3),
                "pid": os.getpid(),
                "event": event,
                "entry": entry.as_posix(),
            }
        )
        # the journal is never worth a run
        with contextlib.suppress(OSError), open(self.root / JOURNAL, "a", encoding="utf-8") as file:
            file.write(line + "\n")

    def _acquire(self, path: Path, wait: bool) -> FileLock | None:
        for attempt in range(3):
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                # not soft: a file that merely exists would outlive its holder
                lock = FileLock(path, fallback_to_soft=False)
                lock.acquire(timeout=-1 if wait else 0, poll_interval=0.05)
                return lock
            except Timeout:
                return None
            except FileNotFoundError as error:  # a prune removed the empty folder in between
                if attempt == 2:
                    raise _write_error(path, error) from error
            except NotImplementedError as error:
                raise StoreError(
                    f"the file system of {path.parent} has no locks; {ELSEWHERE} on another."
                ) from error
            except OSError as error:
                raise _write_error(path, error) from error
        raise AssertionError("unreachable")

    def _clear_parts(self, folder: Path, seed: int) -> None:
        """Remove what a killed process left half written of a seed. The caller holds its lock:
        nobody is writing.
        """
        for part in [
            *folder.glob(f"seed-{seed}{ENTRY_SUFFIX}{PART_SUFFIX}"),
            *folder.glob(f"seed-{seed}-*{PART_SUFFIX}"),
        ]:
            with contextlib.suppress(OSError):
                part.unlink()

    def _set_aside(self, key: Key, read: os.stat_result | None, why: str) -> None:
        path = self.path(key)
        aside = path.with_name(path.name + DAMAGED_SUFFIX)
        # the store is read-only, or another process has done it
        with contextlib.suppress(OSError):
            # where another process has made the entry again, that one stays
            if read is None or os.path.samestat(path.stat(), read):
                os.replace(path, aside)
                self.note("set aside", key.relative)
        warnings.warn(
            f"{path} is damaged ({why}); set aside as {aside.name}, to be made again",
            DamagedEntryWarning,
            stacklevel=3,
        )


def _encode(arrays: Mapping[str, np.ndarray], info: Mapping[str, Any], key: Key) -> bytes:
    from safetensors.numpy import save

    plain = {name: np.asarray(a, order="C") for name, a in arrays.items()}
    text = json.dumps(dict(info), sort_keys=True)
    header = {"format": FORMAT, "key": str(key.relative), "info": text}
    return save(plain, metadata=header | {"checksum": _checksum(plain, header)})


def _decode(content: bytes, key: Key) -> Entry:
    """Arrays and info of an entry's bytes. Raises ValueError with what is wrong."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        arrays = load(content)
        size = int.from_bytes(content[:8], "little")
        header = json.loads(content[8 : 8 + size]).get("__metadata__", {})
        expected = header.pop("checksum", None)
    except (SafetensorError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a whole safetensors file: {error}") from error
    if header.get("format") != FORMAT or expected is None:
        raise ValueError("not an entry of this store")
    if header.get("key") != str(key.relative):
        raise ValueError(f"it is the entry of {header.get('key')}")
    if _checksum(arrays, header) != expected:
        raise ValueError("its checksum does not match")
    return Entry(arrays, json.loads(header["info"]))


def _checksum(arrays: Mapping[str, np.ndarray], header: Mapping[str, str]) -> str:
    sha = hashlib.sha256(json.dumps(dict(header), sort_keys=True).encode())
    for name in sorted(arrays):
        array = arrays[name]
        sha.update(f"{name} {array.dtype.str} {array.shape}".encode())
        sha.update(array.reshape(-1).view(np.uint8).data if array.size else b"")
    return sha.hexdigest()


def _read_error(path: Path, error: OSError) -> StoreError:
    return StoreError(
        f"cannot read {path}: {error.strerror or error}. Allow it to be read, or "
        f"{ELSEWHERE} you may use."
    )


def _write_error(path: Path, error: OSError) -> StoreError:
    return StoreError(
        f"cannot write {path}: {error.strerror or error}. Free some space, or {ELSEWHERE} "
        "you may write to."
    )
