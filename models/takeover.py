"""Online training with learned credit taking over from DFA: arms share their DFA trunk until they fork, and one stack after."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from models.credit import vec
from models.network import Tensors
from models.training import State, Task, Trainer, concatenate, evaluate, fresh


def run_arms(task: Task, seeds: Sequence[int], takeover: Sequence[int | str], device: str,
             on_epoch: Callable[[Sequence[int], int], None] | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Held-out accuracy and loss of every arm after every epoch: two (n_seeds, n_arms, n_epochs + 1) float64 arrays.

    A forked arm continues the trunk's parameters, optimizer moments and learned bridge. Batches and noise are those of its seed and epoch,
    the same in every arm, so that arms differ by their credit alone. `on_epoch(seeds, epoch)` hears of every epoch done.
    """
    forks = [t for t in takeover if isinstance(t, int)]
    last_fork = max(forks, default=0)
    trunk = Trainer(task, fresh(task, seeds, device, bridge=True), device, observes=last_fork > 0)
    forked: Trainer | None = None
    arms: list[int] = []  # the forked arms, in the order of the stack
    scores: list[Tensors] = []
    for epoch in range(task.train.epochs + 1):
        if epoch in forks:
            forked, arms = _fork(task, trunk, forked, device), [*arms, epoch]
        trunk.observes = epoch < last_fork
        scores.append(_evaluate(trunk, forked, arms, takeover, len(seeds)))
        if epoch == task.train.epochs:
            break
        if len(arms) < len(takeover):
            trunk.run_epoch()
        if forked is not None:
            forked.run_epoch()
        if on_epoch is not None:
            on_epoch(seeds, epoch + 1)
    return np.stack([s["accuracy"] for s in scores], axis=2), np.stack([s["loss"] for s in scores], axis=2)


def _fork(task: Task, trunk: Trainer, forked: Trainer | None, device: str) -> Trainer:
    """The stack of forked arms with one more: the trunk as it stands, from now on under vec."""
    joined: State = trunk.state() if forked is None else concatenate([forked.state(), trunk.state()])
    return Trainer(task, joined, device, credit=vec.RULE.name)


def _evaluate(trunk: Trainer, forked: Trainer | None, arms: Sequence[int], takeover: Sequence[int | str], n_seeds: int):
    """{metric: (n_seeds, n_arms)}: an arm that has not forked yet is its trunk."""
    results = {None: evaluate(trunk.network, trunk.params, trunk.data)}
    if forked is not None:
        accuracy, loss = evaluate(forked.network, forked.params, forked.data)
        for i, arm in enumerate(arms):
            part = slice(i * n_seeds, (i + 1) * n_seeds)
            results[arm] = accuracy[part], loss[part]
    chosen = [results[t if t in results else None] for t in takeover]
    return {name: np.stack([pair[i].numpy() for pair in chosen], axis=1) for i, name in enumerate(("accuracy", "loss"))}
