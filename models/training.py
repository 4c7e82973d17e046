"""Vectorised training: the networks of all seeds take every step together.

A `State` is the whole of a stack of networks after some epochs: parameters, optimizer moments,
credit state. It is a flat dict of tensors, so that it can be cut into one seed's part, stored, put
together again and trained on, bit for bit as if never stopped: batch orders and noise come from
streams named by seed and epoch, not from a generator that would have to be saved.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import cast

import torch
from torch import Tensor
from torch.optim.adam import adam
from torch.optim.sgd import sgd

from claims.experiments import Diverged
from models import datasets
from models.credit import Signal, rule, vec
from models.networks.gradients import block_gradients, head_gradients, input_gradients
from models.networks.graphs import Graphed
from models.networks.layout import packed
from models.networks.network import (
    Network,
    Tensors,
    Workspace,
    example_losses,
    output_error,
    stack_axis,
)
from models.settings import BridgeSettings, NetworkSettings, TrainSettings
from models.streams import PERTURBATION, batch_order, sign_bytes

MOMENTS = ("exp_avg", "exp_avg_sq")
USUAL_ADAM = {
    "beta1": 0.9,
    "beta2": 0.999,
    "eps": 1e-8,
    "weight_decay": 0.0,
    "amsgrad": False,
    "maximize": False,
}
PLAIN_SGD = {
    "momentum": 0.0,
    "dampening": 0.0,
    "nesterov": False,
    "weight_decay": 0.0,
    "maximize": False,
}
EVALUATED_AT_ONCE = (
    1024  # examples, however many networks there are: sums in float64 depend on how they are cut
)


class NonFiniteError(Diverged):
    """A network's parameters left the finite numbers: `seeds` and `epoch` say whose and when."""

    def __init__(self, seeds: Sequence[int], epoch: int):
        self.epoch = epoch
        names = ", ".join(map(str, seeds))
        super().__init__(
            f"training diverged: non-finite parameters at epoch {epoch} in seed {names}; a "
            "smaller `train.lr` may help",
            seeds,
        )

    def __reduce__(self):
        return type(self), (self.seeds, self.epoch)


@dataclass(frozen=True)
class Task:
    """What is trained: everything that determines a snapshot but its seed and epoch."""

    dataset: str
    network: NetworkSettings
    train: TrainSettings
    feedback_scale: float
    bridge: BridgeSettings
    # of training's matrix products; snapshots are fp32, and so is all that is measured on them
    precision: str = "fp32"

    def architecture(self, data: datasets.Tensors) -> Network:
        """The network for this data set, in fp32."""
        return Network(self.network, data.train_x.shape[1], data.n_classes)


@dataclass(frozen=True)
class State:
    """A stack of networks: `tensors` by name (parameters, "adam.*", "credit.*"), all after `epoch`
    epochs.
    """

    seeds: tuple[int, ...]
    epoch: int
    tensors: Tensors

    def of_seed(self, s: int) -> Tensors:
        """The s-th network of the stack: every tensor without its stack axis."""
        return {
            name: t.select(stack_axis(name), s).contiguous() for name, t in self.tensors.items()
        }


def stack(parts: Sequence[Tensors], seeds: Sequence[int], epoch: int, device: str) -> State:
    """Single networks, as `State.of_seed` gives them, put together."""
    tensors = {
        n: torch.stack([p[n].to(device) for p in parts], dim=stack_axis(n)) for n in parts[0]
    }
    return State(tuple(seeds), epoch, tensors)


def concatenate(states: Sequence[State]) -> State:
    """Stacks at the same epoch put one behind the other along the stack axis."""
    tensors = {
        n: torch.cat([s.tensors[n] for s in states], dim=stack_axis(n)) for n in states[0].tensors
    }
    return State(sum((s.seeds for s in states), ()), states[0].epoch, tensors)


def fresh(task: Task, seeds: Sequence[int], device: str, *, bridge: bool = False) -> State:
    """Untrained networks with the credit state that training needs; `bridge` adds vec's whatever
    `train.credit` is.
    """
    network = task.architecture(datasets.on_device(task.dataset, device))
    tensors = network.initial(seeds, device)
    if task.train.optimizer == "adam":
        tensors |= {
            f"adam.{n}.{m}": torch.zeros_like(t) for n, t in tensors.items() for m in MOMENTS
        }
    tensors |= rule(task.train.credit).initial(network, seeds, device, task.feedback_scale)
    if bridge:
        tensors |= vec.RULE.initial(network, seeds, device)
    return State(tuple(seeds), 0, tensors)


class Trainer:
    """Trains one stack under one credit rule; owns its tensors, which change in place.

    `observes` says whether vec's bridge learns along; under credit "vec" it always does.
    """

    def __init__(
        self,
        task: Task,
        state: State,
        device: str,
        *,
        credit: str | None = None,
        observes: bool = False,
    ):
        self.task, self.seeds, self.epoch, self.device = task, state.seeds, state.epoch, device
        self.data = datasets.on_device(task.dataset, device)
        self.network = task.architecture(self.data)
        self.fast = replace(self.network, precision=task.precision)
        self.rule = rule(credit or task.train.credit)
        self.observes = observes or self.rule is vec.RULE
        self.n_steps = self.data.train_x.shape[0] // task.train.batch
        if not self.n_steps:
            raise ValueError(
                f"`train.batch` is {task.train.batch}, but `{task.dataset}` has "
                f"{self.data.train_x.shape[0]} examples to train on"
            )
        self._space: Workspace | None = None
        self._take(state.tensors)
        self._signs = sign_table(device)
        self._graphs = (
            {observing: Graphed(self._step) for observing in (False, True)}
            if device.startswith("cuda")
            else {}
        )

    def _take(self, tensors: Tensors) -> None:
        """Copies of what is trained: parameters, gradients and moments each in a vector of their
        own.
        """
        names = [n for n in tensors if not n.startswith(("adam.", "credit."))]
        self.vector, self.params = packed({n: tensors[n] for n in names})
        self._layers = self.network.layers(self.params)
        self.gradient, self.grads = packed({n: torch.zeros_like(tensors[n]) for n in names})
        self.credit_state = {n: t.clone() for n, t in tensors.items() if n.startswith("credit.")}
        self.tensors, self.moments = self.params | self.credit_state, {}
        for moment in MOMENTS if self.task.train.optimizer == "adam" else ():
            self.moments[moment], views = packed({n: tensors[f"adam.{n}.{moment}"] for n in names})
            self.tensors |= {f"adam.{n}.{moment}": view for n, view in views.items()}
        self.n_updates = torch.tensor(float(self.epoch * self.n_steps), device=self.device)

    def state(self) -> State:
        """A copy of the stack as it stands."""
        return State(self.seeds, self.epoch, {n: t.clone() for n, t in self.tensors.items()})

    def run_epoch(self) -> None:
        """One pass over the training data. Raises NonFiniteError where a network diverged."""
        train, unique = self.task.train, self._unique_seeds()
        order = batch_order(unique, self.epoch, self.data.train_x.shape[0], train.batch)
        noise = None
        if self.observes:
            n_signs = (self.network.n_blocks + 1) * train.batch * self.network.settings.width
            noise = torch.from_numpy(
                sign_bytes(PERTURBATION, unique, self.n_steps, n_signs, self.epoch)
            ).to(self.device)
        indices = torch.from_numpy(order[: self.n_steps]).to(self.device)
        rates = torch.tensor(
            [self._rate(self.epoch * self.n_steps + step) for step in range(self.n_steps)],
            dtype=torch.float64,
        )
        # on CUDA the optimizer reads a float32
        rates = rates.float().to(self.device) if self._graphs else rates.tolist()
        step = self._graphs.get(self.observes, self._step)
        for inputs in zip(indices, rates, *([] if noise is None else [noise]), strict=True):
            step(*inputs)
        self.epoch += 1
        self._check_finite()

    def _step(self, index: Tensor, rate: float | Tensor, noise: Tensor | None = None) -> None:
        n_arms = len(self.seeds) // index.shape[0]
        chosen = index.flatten()
        x = self.data.train_x.index_select(0, chosen).view(*index.shape, -1)
        y = self.data.train_y.index_select(0, chosen).view(index.shape)
        if n_arms > 1:
            x, y = x.repeat(n_arms, 1, 1), y.repeat(n_arms, 1)
        network, params = self.fast, self.params
        if self._space is None:
            self._space = network.workspace(*x.shape[:2], device=self.device)
        acts = network.forward(
            params, network.embed(params, x, self._space.levels[0]), self._space, self._layers
        )
        error = output_error(acts.logits, y)
        if noise is not None:
            self._observe(acts, error, y, noise)
        levels = range(network.n_blocks + 1)
        credit = self.rule.credit(self.credit_state, Signal(network, params, acts, error, levels))
        block_gradients(network, params, acts, credit[1:], self.grads)
        input_gradients(network, x, acts, credit[:1], self.grads)
        head_gradients(network, acts, error, self.grads)
        self._update(rate)

    def _observe(self, acts, error: Tensor, y: Tensor, packed: Tensor) -> None:
        bridge = self.task.bridge
        noise = unpack_signs(
            packed,
            self._signs,
            (self.network.n_blocks + 1, y.shape[1], self.network.settings.width),
        )
        noise = noise.repeat(1, len(self.seeds) // packed.shape[0], 1, 1)
        vec.observe(
            self.credit_state,
            self.network,
            self.params,
            acts,
            error,
            y,
            noise,
            sigma=bridge.sigma,
            keep=1 - 1 / bridge.window,
        )
        if self.rule is vec.RULE:
            vec.solve(self.credit_state, bridge.ridge)

    def _unique_seeds(self) -> list[int]:
        """The seeds without the arms: arms of one seed see the same batches and the same noise."""
        return list(dict.fromkeys(self.seeds))

    def _update(self, rate: float | Tensor) -> None:
        """One step of the optimizer, on whole vectors."""
        vector, gradient = [self.vector], [self.gradient]
        if self.task.train.optimizer == "sgd":
            # a captured graph needs a tensor, which the fused step takes, whatever its stub says
            lr = cast("float", rate)
            sgd(vector, gradient, [None], fused=True, lr=lr, **PLAIN_SGD)
        else:
            first, second = ([self.moments[moment]] for moment in MOMENTS)
            steps = [self.n_updates]
            adam(vector, gradient, first, second, [], steps, fused=True, lr=rate, **USUAL_ADAM)

    def _rate(self, step: int) -> float:
        """The size of a step, counted from the start of training."""
        train = self.task.train
        if train.schedule == "constant":
            return train.lr
        return train.lr * 0.5 * (1 + math.cos(math.pi * step / (train.epochs * self.n_steps)))

    def _check_finite(self) -> None:
        bad = torch.zeros(len(self.seeds), dtype=torch.bool, device=self.device)
        for name, param in self.params.items():
            rows = param.movedim(stack_axis(name), 0).flatten(1)
            bad |= ~torch.isfinite(rows.sum(1))
        if bad.any():
            raise NonFiniteError(
                sorted({self.seeds[i] for i in bad.nonzero().flatten().tolist()}), self.epoch
            )


def train(
    task: Task,
    state: State,
    device: str,
    epochs: Sequence[int],
    on_epoch: Callable[[Sequence[int], int], None] | None = None,
) -> Iterator[State]:
    """Train `state` on to each of `epochs` (ascending, none before state.epoch); yields the stack
    at each.

    `on_epoch(seeds, epoch)` hears of every epoch done.
    """
    trainer = Trainer(task, state, device)
    for epoch in epochs:
        while trainer.epoch < epoch:
            trainer.run_epoch()
            if on_epoch is not None:
                on_epoch(trainer.seeds, trainer.epoch)
        yield trainer.state()


def evaluate(network: Network, params: Tensors, data: datasets.Tensors) -> tuple[Tensor, Tensor]:
    """Held-out accuracy and mean loss of a whole stack: two (G,) float64 tensors on the host."""
    n_stack = params["head.W"].shape[0]
    x, y = data.held_x, data.held_y.unsqueeze(0)
    right = torch.zeros(n_stack, dtype=torch.float64, device=x.device)
    loss = torch.zeros_like(right)
    for start in range(0, len(x), EVALUATED_AT_ONCE):
        part = slice(start, start + EVALUATED_AT_ONCE)
        batch, labels = x[part].expand(n_stack, -1, -1), y[:, part].expand(n_stack, -1)
        logits = network.logits(params, network.embed(params, batch))
        right = right + (logits.argmax(1) == labels).double().sum(1)
        loss = loss + example_losses(logits, labels).sum(1)
    return (right / len(x)).cpu(), (loss / len(x)).cpu()


def sign_table(device: str) -> Tensor:
    """The eight signs of each byte: (256, 8) float32 of +1 and -1."""
    bits = (torch.arange(256).unsqueeze(1) >> torch.arange(8)) & 1
    return (bits.float() * 2 - 1).to(device)


def unpack_signs(packed: Tensor, table: Tensor, shape: tuple[int, ...]) -> Tensor:
    """packed (G, n_bytes) -> signs (shape[0], G, *shape[1:]): levels first, as credit is laid
    out.
    """
    count = math.prod(shape)
    signs = table[packed.long()].flatten(1)[:, :count]
    return signs.view(packed.shape[0], *shape).transpose(0, 1)
