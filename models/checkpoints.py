"""Training through the store: what is there is fetched, what was interrupted is resumed, what is
missing is trained once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch

from claims.experiments import Progress, Snapshots
from models.training import State, Task, fresh, stack, train


def snapshots(
    kept: Snapshots | None,
    task: Task,
    seeds: Sequence[int],
    epochs: Sequence[int],
    device: str,
    progress: Progress,
) -> Iterator[State]:
    """The stack of all `seeds` at each of `epochs` (ascending), trained where `kept` lacks it.

    The seeds are locked while they are trained, not while their snapshots are looked at: another
    experiment may look at them too.
    """
    if kept is None:
        yield from train(task, fresh(task, seeds, device), device, epochs, progress.at_epoch)
        return
    with kept.lock(seeds):
        resumable = {seed: _last_stored(kept, seed, epochs) for seed in seeds}
        groups = {
            done: [seed for seed in seeds if resumable[seed] == done]
            for done in sorted(set(resumable.values()))
        }
        for done, group in groups.items():
            progress.found(group, done)
        for done, group in groups.items():
            left = [epoch for epoch in epochs if epoch > done]
            _train_on(kept, task, group, left, done, device, progress)
    for epoch in epochs:
        yield _fetch(kept, seeds, epoch, device)


def _last_stored(kept: Snapshots, seed: int, epochs: Sequence[int]) -> int:
    """The last epoch up to which all snapshots of a seed are there and sound; 0 without any."""
    last = 0
    for epoch in epochs:
        if kept.load(seed, _part(epoch)) is None:
            break
        last = epoch
    return last


def _train_on(
    kept: Snapshots,
    task: Task,
    seeds: list[int],
    epochs: list[int],
    done: int,
    device: str,
    progress: Progress,
) -> None:
    if not epochs:
        return
    start = fresh(task, seeds, device) if done == 0 else _fetch(kept, seeds, done, device)
    for state in train(task, start, device, epochs, progress.at_epoch):
        for s, seed in enumerate(seeds):
            arrays = {name: tensor.cpu().numpy() for name, tensor in state.of_seed(s).items()}
            kept.save(seed, _part(state.epoch), arrays)


def _fetch(kept: Snapshots, seeds: Sequence[int], epoch: int, device: str) -> State:
    parts = []
    for seed in seeds:
        arrays = kept.load(seed, _part(epoch))
        if arrays is None:
            raise RuntimeError(
                f"the snapshot of seed {seed} at epoch {epoch} vanished from the store; run again"
            )
        parts.append({name: torch.from_numpy(array.copy()) for name, array in arrays.items()})
    return stack(parts, seeds, epoch, device)


def _part(epoch: int) -> str:
    return f"epoch-{epoch}"
