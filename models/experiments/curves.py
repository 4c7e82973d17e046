"""Learning curves: networks trained under one credit rule and measured after some epochs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from claims.experiments import Progress, Snapshots
from models import datasets
from models.checkpoints import snapshots
from models.credit import rule
from models.networks.network import example_losses
from models.probe import Observations, Snapshot, alignment
from models.streams import PROBE_BATCHES, independent_batches
from models.training import State, Task, evaluate, fresh


def curve(
    task: Task,
    seeds: Sequence[int],
    epochs: Sequence[int],
    sample: int,
    device: str,
    progress: Progress,
    kept: Snapshots | None = None,
) -> Observations:
    """The networks of `seeds` at each of `epochs` (ascending, from 0 on), trained with
    `task.train.credit`; snapshots go through `kept`, where it is given.

    Returns accuracy and loss on held-out data, train_loss and state_norm (n_seeds, n_epochs),
    alignment (n_seeds, n_epochs, L+1). The last three are over `sample` training examples of each
    seed, the same at every epoch and under every rule. Losses in nats; state_norm is the last
    level's root mean square.
    """
    examples = _examples(task, seeds, sample, device)
    found = [
        measured(task, state, examples, device)
        for state in _states(task, seeds, epochs, device, progress, kept)
    ]
    return {name: np.stack([at_epoch[name] for at_epoch in found], axis=1) for name in found[0]}


def measured(task: Task, state: State, examples: Tensor, device: str) -> Observations:
    """One epoch of `curve`: examples (n_seeds, sample) are places in the training part."""
    snapshot = Snapshot.of(task, state, device)
    network, params, data = snapshot.network, snapshot.params, snapshot.data
    accuracy, loss = evaluate(network, params, data)
    acts = network.forward(params, network.embed(params, data.train_x[examples]))
    train_loss = example_losses(acts.logits, data.train_y[examples]).mean(1)
    norm = acts.h[-1].double().square().flatten(1).mean(1).sqrt()
    rules = {task.train.credit: (rule(task.train.credit), snapshot.credit_state)}
    aligned = alignment(snapshot, rules, examples.unsqueeze(1))[:, 0]
    return {
        "accuracy": accuracy.numpy(),
        "loss": loss.numpy(),
        "train_loss": train_loss.cpu().numpy(),
        "state_norm": norm.cpu().numpy(),
        "alignment": aligned,
    }


def _states(
    task: Task,
    seeds: Sequence[int],
    epochs: Sequence[int],
    device: str,
    progress: Progress,
    kept: Snapshots | None,
) -> Iterator[State]:
    """The stack at each epoch; what is untrained is not worth storing."""
    if epochs[0] == 0:
        yield fresh(task, seeds, device)
    if trained := [epoch for epoch in epochs if epoch > 0]:
        yield from snapshots(kept, task, seeds, trained, device, progress)


def _examples(task: Task, seeds: Sequence[int], sample: int, device: str) -> Tensor:
    """Each seed's own draw of training examples, without repeats: (n_seeds, sample)."""
    n_examples = datasets.on_device(task.dataset, device).train_x.shape[0]
    if sample > n_examples:
        raise ValueError(
            f"`sample` is {sample}, but the training part of `{task.dataset}` has "
            f"{n_examples} examples; ask for at most so many"
        )
    return torch.from_numpy(independent_batches(PROBE_BATCHES, seeds, n_examples, 1, sample)[0]).to(
        device
    )
