"""Training through the store: what is there is fetched, what was interrupted is resumed, what is
missing is trained once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import torch

from claims.store.entries import Key, Store
from models.training import State, Task, fresh, stack, train

if TYPE_CHECKING:
    from claims.store.activity import Progress

STAGE = "snapshots"


def snapshots(
    store: Store | None,
    digest: str,
    task: Task,
    seeds: Sequence[int],
    epochs: Sequence[int],
    device: str,
    progress: Progress | None = None,
) -> Iterator[State]:
    """The stack of all `seeds` at each of `epochs` (ascending), trained where the store (under
    `digest`) lacks it.

    The seeds are locked while they are trained, not while their snapshots are looked at: another
    experiment may look at them too.
    """
    if store is None:
        yield from train(
            task, fresh(task, seeds, device), device, epochs, progress and progress.at_epoch
        )
        return
    with store.locks(STAGE, digest, seeds, wait=True):
        resumable = {seed: _last_stored(store, digest, seed, epochs) for seed in seeds}
        groups = {
            done: [seed for seed in seeds if resumable[seed] == done]
            for done in sorted(set(resumable.values()))
        }
        for done, group in groups.items():
            if progress is not None:
                progress.found(group, done)
        for done, group in groups.items():
            _train_on(
                store, digest, task, group, [e for e in epochs if e > done], done, device, progress
            )
    for epoch in epochs:
        yield _fetch(store, digest, seeds, epoch, device)


def _last_stored(store: Store, digest: str, seed: int, epochs: Sequence[int]) -> int:
    """The last epoch up to which all snapshots of a seed are there and sound; 0 when there is
    none.
    """
    last = 0
    for epoch in epochs:
        if store.fetch(_key(digest, seed, epoch)) is None:
            break
        last = epoch
    return last


def _train_on(
    store: Store,
    digest: str,
    task: Task,
    seeds: list[int],
    epochs: list[int],
    done: int,
    device: str,
    progress: Progress | None,
) -> None:
    if not epochs:
        return
    start = fresh(task, seeds, device) if done == 0 else _fetch(store, digest, seeds, done, device)
    for state in train(task, start, device, epochs, progress and progress.at_epoch):
        for s, seed in enumerate(seeds):
            arrays = {name: tensor.cpu().numpy() for name, tensor in state.of_seed(s).items()}
            store.save(_key(digest, seed, state.epoch), arrays, {})


def _fetch(store: Store, digest: str, seeds: Sequence[int], epoch: int, device: str) -> State:
    parts = []
    for seed in seeds:
        entry = store.fetch(_key(digest, seed, epoch))
        if entry is None:
            raise RuntimeError(
                f"the snapshot of seed {seed} at epoch {epoch} vanished from the store; run again"
            )
        parts.append({name: torch.from_numpy(array.copy()) for name, array in entry.arrays.items()})
    return stack(parts, seeds, epoch, device)


def _key(digest: str, seed: int, epoch: int) -> Key:
    return Key(STAGE, digest, seed, f"epoch-{epoch}")
