"""Online training with learned credit taking over from DFA: arms share their DFA trunk until they
fork, and one stack after.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch

from claims.experiments import Progress, Snapshots
from models.credit import vec
from models.training import State, Task, Trainer, concatenate, evaluate, fresh, stack

KEPT_EVERY = 10  # epochs: how often a run that is killed can go on from
Arrays = Mapping[str, np.ndarray]
OnEpoch = Callable[[Sequence[int], int], None]


def run_arms(
    task: Task,
    seeds: Sequence[int],
    takeover: Sequence[int | str],
    device: str,
    progress: Progress,
    kept: Snapshots | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Held-out accuracy and loss of every arm after every epoch: two (n_seeds, n_arms, n_epochs +
    1) float64 arrays.

    A forked arm continues the trunk's parameters, optimizer moments and learned bridge. Batches and
    noise are those of its seed and epoch, the same in every arm, so that arms differ by their
    credit alone. Every KEPT_EVERY epochs each seed's arms are saved in `kept`, where it is given,
    so that what was killed goes on from there; `forget` removes them.
    """
    if kept is None:
        arms = Arms(task, seeds, takeover, device)
        arms.run(progress.at_epoch)
        return arms.scores("accuracy"), arms.scores("loss")
    accuracy: dict[int, np.ndarray] = {}
    loss: dict[int, np.ndarray] = {}
    with kept.lock(seeds):
        found = {seed: _last_kept(kept, seed, task.train.epochs) for seed in seeds}
        for epoch in sorted({epoch for epoch, _ in found.values()}):
            group = [seed for seed in seeds if found[seed][0] == epoch]
            arms = Arms(task, group, takeover, device, epoch, [found[seed][1] for seed in group])
            progress.found(group, epoch)
            arms.run(progress.at_epoch, functools.partial(_keep, kept, arms))
            accuracy |= dict(zip(group, arms.scores("accuracy"), strict=True))
            loss |= dict(zip(group, arms.scores("loss"), strict=True))
    return np.stack([accuracy[seed] for seed in seeds]), np.stack([loss[seed] for seed in seeds])


class Arms:
    """All arms of some seeds: the trunk, the stack of those that have forked, and every epoch's
    scores.
    """

    def __init__(
        self,
        task: Task,
        seeds: Sequence[int],
        takeover: Sequence[int | str],
        device: str,
        epoch: int = 0,
        kept: Sequence[Arrays] = (),
    ):
        self.task, self.seeds, self.takeover, self.device, self.epoch = (
            task,
            seeds,
            takeover,
            device,
            epoch,
        )
        self.forks = [t for t in takeover if isinstance(t, int)]
        self.forked: Trainer | None = None
        self.arms: list[int] = []  # those that have forked, in the order of the stack
        self.found: list[dict[str, np.ndarray]] = []  # by epoch: {metric: (n_seeds, n_arms)}
        if epoch:
            self._restore(kept)
        else:
            self.trunk = Trainer(task, fresh(task, seeds, device, bridge=True), device)
            self._finish_epoch()

    def run(self, on_epoch: OnEpoch | None = None, keep: Callable[[], None] | None = None) -> None:
        """Train to the end. `keep()` is called where the arms are worth keeping."""
        while self.epoch < self.task.train.epochs:
            if len(self.arms) < len(self.takeover):
                self.trunk.run_epoch()
            if self.forked is not None:
                self.forked.run_epoch()
            self.epoch += 1
            self._finish_epoch()
            if on_epoch is not None:
                on_epoch(self.seeds, self.epoch)
            if (
                keep is not None
                and self.epoch % KEPT_EVERY == 0
                and self.epoch < self.task.train.epochs
            ):
                keep()

    def scores(self, metric: str) -> np.ndarray:
        """(n_seeds, n_arms, n_epochs + 1) float64."""
        return np.stack([at_epoch[metric] for at_epoch in self.found], axis=2)

    def of_seed(self, s: int) -> Arrays:
        """What the s-th seed needs to go on: its trunk, its forked arms, its scores so far."""
        parts = {"trunk": self.trunk.state().of_seed(s)}
        if self.forked is not None:
            state = self.forked.state()
            parts |= {
                f"arm-{arm}": state.of_seed(i * len(self.seeds) + s)
                for i, arm in enumerate(self.arms)
            }
        arrays = {
            f"{part}/{name}": tensor.cpu().numpy()
            for part, tensors in parts.items()
            for name, tensor in tensors.items()
        }
        return arrays | {
            f"scores/{metric}": self.scores(metric)[s] for metric in ("accuracy", "loss")
        }

    def _restore(self, kept: Sequence[Arrays]) -> None:
        def state(part: str) -> State:
            start = f"{part}/"
            return stack(
                [
                    {
                        n.removeprefix(start): torch.from_numpy(a.copy())
                        for n, a in arrays.items()
                        if n.startswith(start)
                    }
                    for arrays in kept
                ],
                self.seeds,
                self.epoch,
                self.device,
            )

        self.trunk = Trainer(self.task, state("trunk"), self.device)
        self.arms = sorted(t for t in self.forks if t <= self.epoch)
        if self.arms:
            self.forked = self._under_vec(concatenate([state(f"arm-{arm}") for arm in self.arms]))
        scores = {
            metric: np.stack([arrays[f"scores/{metric}"] for arrays in kept])
            for metric in ("accuracy", "loss")
        }
        self.found = [
            {metric: values[:, :, epoch] for metric, values in scores.items()}
            for epoch in range(self.epoch + 1)
        ]
        self._settle()

    def _finish_epoch(self) -> None:
        """At the end of an epoch: fork what is due, and score."""
        if self.epoch in self.forks:
            joined = (
                self.trunk.state()
                if self.forked is None
                else concatenate([self.forked.state(), self.trunk.state()])
            )
            self.forked, self.arms = self._under_vec(joined), [*self.arms, self.epoch]
        self._settle()
        self.found.append(self._evaluate())

    def _settle(self) -> None:
        """The trunk learns vec's bridge as long as an arm is still to fork from it."""
        self.trunk.observes = self.epoch < max(self.forks, default=0)

    def _under_vec(self, state: State) -> Trainer:
        return Trainer(self.task, state, self.device, credit=vec.RULE.name)

    def _evaluate(self) -> dict[str, np.ndarray]:
        """{metric: (n_seeds, n_arms)}: an arm that has not forked yet is its trunk."""
        trunk = evaluate(self.trunk.network, self.trunk.params, self.trunk.data)
        results: dict[int | str, tuple[torch.Tensor, torch.Tensor]] = {}
        if self.forked is not None:
            accuracy, loss = evaluate(self.forked.network, self.forked.params, self.forked.data)
            for i, arm in enumerate(self.arms):
                part = slice(i * len(self.seeds), (i + 1) * len(self.seeds))
                results[arm] = accuracy[part], loss[part]
        chosen = [results.get(t, trunk) for t in self.takeover]
        return {
            name: np.stack([pair[i].numpy() for pair in chosen], axis=1)
            for i, name in enumerate(("accuracy", "loss"))
        }


def _keep(kept: Snapshots, arms: Arms) -> None:
    for s, seed in enumerate(arms.seeds):
        kept.save(seed, _part(arms.epoch), arms.of_seed(s))
        kept.delete(seed, _part(arms.epoch - KEPT_EVERY))


def _last_kept(kept: Snapshots, seed: int, epochs: int) -> tuple[int, Arrays]:
    """The last epoch that is kept of a seed, and what is; 0 and nothing where none is."""
    for epoch in range((epochs - 1) // KEPT_EVERY * KEPT_EVERY, 0, -KEPT_EVERY):
        arrays = kept.load(seed, _part(epoch))
        if arrays is not None:
            return epoch, arrays
    return 0, {}


def forget(kept: Snapshots, seeds: Sequence[int], epochs: int) -> None:
    """Remove what is kept of seeds on their way."""
    with kept.lock(seeds):
        for seed in seeds:
            for epoch in range(KEPT_EVERY, epochs, KEPT_EVERY):
                kept.delete(seed, _part(epoch))


def _part(epoch: int) -> str:
    return f"arms-at-{epoch}"
