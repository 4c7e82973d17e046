"""The probe of a snapshot: a few gradient steps on its last block, or all, under each credit rule.

The snapshot is frozen and vec is fitted to it. Then, for each of the probe batches and always from
the snapshot, `steps` plain gradient steps are taken on that one batch, with credit recomputed at
each, and the losses on the batch and on all held-out data are compared with those before. All seeds
and batches of one rule are one stack; states below the probed blocks are computed once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from models import datasets
from models.credit import RandomDraws, Rule, Signal, at_levels, rule, vec
from models.networks.gradients import block_gradients, dense
from models.networks.network import Network, Tensors, example_losses, output_error
from models.settings import BridgeSettings, ProbeSettings
from models.streams import (
    FIT_BATCHES,
    FIT_PERTURBATION,
    PROBE_BATCHES,
    independent_batches,
    sign_bytes,
)
from models.training import EVALUATED_AT_ONCE, State, Task, evaluate, sign_table, unpack_signs

Observations = dict[str, np.ndarray]  # {metric: float64, seed axis first}
# positions in the streams of control rules: steps on each batch, on several together, no steps
EACH, AVERAGED, ALIGNMENT = range(3)


@dataclass(frozen=True)
class Snapshot:
    """A frozen stack of networks: their parameters and credit state, and the data they were trained
    on.
    """

    network: Network
    params: Tensors
    credit_state: Tensors
    data: datasets.Tensors
    seeds: tuple[int, ...]
    epoch: int

    @classmethod
    def of(cls, task: Task, state: State, device: str) -> Snapshot:
        """The snapshot of a training state, without the optimizer's moments."""
        data = datasets.on_device(task.dataset, device)
        params = {n: t for n, t in state.tensors.items() if not n.startswith(("adam.", "credit."))}
        credit = {n: t for n, t in state.tensors.items() if n.startswith("credit.")}
        return cls(task.architecture(data), params, credit, data, state.seeds, state.epoch)


def probe(task: Task, state: State, settings: ProbeSettings, device: str) -> Observations:
    """All metrics of one snapshot epoch, for every seed of the stack.

    Returns accuracy and loss (n_seeds,); alignment (n_seeds, n_credits, L+1); descent_rate,
    update_variance and update_power (n_seeds, n_credits); dL_same, dL_held and dL_held_averaged
    (n_seeds, n_credits, n_batches). Losses in nats.
    """
    snapshot = Snapshot.of(task, state, device)
    states = {
        name: _rule_state(name, task, snapshot, settings, device) for name in settings.credits
    }
    draws = independent_batches(
        PROBE_BATCHES,
        state.seeds,
        snapshot.data.train_x.shape[0],
        settings.batches,
        settings.batch,
        state.epoch,
    )
    batches = torch.from_numpy(draws).to(device).transpose(0, 1)  # (n_seeds, n_batches, batch)
    accuracy, loss = evaluate(snapshot.network, snapshot.params, snapshot.data)
    probed = _ProbedBlocks(snapshot, settings)
    entering = probed.entering_states(batches)
    found = [
        probed.measure(rule(name), states[name], batches, entering) for name in settings.credits
    ]
    metrics = {name: np.stack([f[name] for f in found], axis=1) for name in found[0]}
    aligned = alignment(snapshot, {n: (rule(n), states[n]) for n in settings.credits}, batches)
    return {"accuracy": accuracy.numpy(), "loss": loss.numpy(), "alignment": aligned, **metrics}


def fit_bridge(
    snapshot: Snapshot, n_batches: int, batch: int, bridge: BridgeSettings, device: str
) -> Tensors:
    """vec's state fitted to a frozen snapshot on `n_batches` batches of training data of equal
    weight.
    """
    network, params, data = snapshot.network, snapshot.params, snapshot.data
    fitted = vec.initial(network, snapshot.seeds, device)
    draws = independent_batches(
        FIT_BATCHES, snapshot.seeds, data.train_x.shape[0], n_batches, batch, snapshot.epoch
    )
    shape = (network.n_blocks + 1, batch, network.settings.width)
    table = sign_table(device)
    packed = sign_bytes(
        FIT_PERTURBATION, snapshot.seeds, n_batches, int(np.prod(shape)), snapshot.epoch
    )
    for index, bits in zip(
        torch.from_numpy(draws).to(device), torch.from_numpy(packed).to(device), strict=True
    ):
        labels = data.train_y[index]
        acts = network.forward(params, network.embed(params, data.train_x[index]))
        vec.observe(
            fitted,
            network,
            params,
            acts,
            output_error(acts.logits, labels),
            labels,
            unpack_signs(bits, table, shape),
            sigma=bridge.sigma,
            keep=1.0,
        )
    vec.solve(fitted, bridge.ridge)
    return fitted


def alignment(
    snapshot: Snapshot, rules: dict[str, tuple[Rule, Tensors]], batches: Tensor
) -> np.ndarray:
    """Mean cosine between each rule's credit and the oracle's, over the examples of all probe
    batches.

    batches (n_seeds, n_batches, batch) -> (n_seeds, n_rules, L+1). Examples without any credit
    count as zero.
    """
    network, params, data = snapshot.network, snapshot.params, snapshot.data
    levels = range(network.n_blocks + 1)
    total = torch.zeros((), dtype=torch.float64)
    for b, index in enumerate(batches.unbind(1)):
        acts = network.forward(params, network.embed(params, data.train_x[index]))
        draws = RandomDraws(snapshot.seeds, 1, (snapshot.epoch, ALIGNMENT, b))
        signal = Signal(
            network, params, acts, output_error(acts.logits, data.train_y[index]), levels, draws
        )
        truth = _unit_norm(dense(rule("oracle").credit({}, signal)))
        cosines = [
            (_unit_norm(dense(r.credit(s, signal))) * truth).sum(-1).double().mean(-1)
            for r, s in rules.values()
        ]
        total = total + torch.stack(cosines)  # (n_rules, L+1, n_seeds)
    return (total / batches.shape[1]).permute(2, 0, 1).cpu().numpy()


class _ProbedBlocks:
    """The probed blocks of a snapshot and its head, with the states of held-out data that enter
    them.
    """

    def __init__(self, snapshot: Snapshot, settings: ProbeSettings):
        self.snapshot, self.settings = snapshot, settings
        network, params = snapshot.network, snapshot.params
        self.n_probed = 1 if settings.blocks == "last" else network.n_blocks
        self.below = network.n_blocks - self.n_probed
        self.network = network.top(self.n_probed)
        self.params = {
            n: t[self.below :] if n.startswith("block.") else t
            for n, t in params.items()
            if n[:5] != "input"
        }
        self.held = self._entering(snapshot.data.held_x.expand(len(snapshot.seeds), -1, -1))
        self.held_normed = network.norm(self.held)[0]
        self.held_before = self._held_loss(self.params)

    def measure(
        self, credit_rule: Rule, state: Tensors, batches: Tensor, entering: Tensor
    ) -> Observations:
        """The metrics of one rule. batches (n_seeds, n_batches, batch); entering:
        `entering_states(batches)`.
        """
        n_seeds, n_batches, _ = batches.shape
        state = at_levels(state, range(self.below + 1, self.below + self.n_probed + 1))
        same, held, updates = self._descend(credit_rule, state, batches, entering, EACH)
        variance, power = _moments(updates)
        together = self.settings.averaged_over
        # the mean over 8 batches is that of one batch of 8 times the size
        merged = batches.reshape(n_seeds, n_batches // together, -1)
        _, averaged, _ = self._descend(credit_rule, state, merged, entering, AVERAGED)
        return {
            "dL_same": same,
            "dL_held": held,
            "dL_held_averaged": np.repeat(averaged, together, axis=1),
            "descent_rate": (same < 0).mean(axis=1),
            "update_variance": variance,
            "update_power": power,
        }

    def _descend(
        self, credit_rule: Rule, state: Tensors, batches: Tensor, entering: Tensor, place: int
    ) -> tuple[np.ndarray, np.ndarray, Tensors]:
        """Take `steps` steps on each batch. Returns the change of the loss on the batch and on
        held-out data, both (n_seeds, n_batches), and the first update by parameter, (L', n_seeds,
        n_batches, in, out). `place`: of the draws of control rules.
        """
        network, settings = self.network, self.settings
        n_seeds, n_batches, _ = batches.shape
        labels = self.snapshot.data.train_y[batches].flatten(0, 1)
        h = entering.view(*labels.shape, -1)
        params = {n: _repeat_per_batch(t, n, n_batches) for n, t in self.params.items()}
        state = {n: _repeat_per_batch(t, n, n_batches) for n, t in state.items()}
        grads = {n: torch.empty_like(t) for n, t in params.items() if n.startswith("block.")}
        acts = network.forward(params, h)
        before, first = example_losses(acts.logits, labels).mean(1), {}
        for step in range(settings.steps):
            if step:
                acts = network.forward(params, h)
            error, levels = output_error(acts.logits, labels), range(1, self.n_probed + 1)
            draws = RandomDraws(self.snapshot.seeds, n_batches, (self.snapshot.epoch, place, step))
            signal = Signal(network, params, acts, error, levels, draws)
            credit = credit_rule.credit(state, signal)
            if settings.credit_scale == "unit":
                credit = _unit_norm(dense(credit))
            block_gradients(network, params, acts, credit, grads)
            if step == 0:
                first = {n: g.unflatten(1, (n_seeds, n_batches)).clone() for n, g in grads.items()}
            for name, grad in grads.items():
                params[name].add_(grad, alpha=-settings.lr)
        after = example_losses(network.logits(params, h), labels).mean(1)
        return (
            (after - before).view(n_seeds, n_batches).cpu().numpy(),
            self._held_change(params, n_seeds, n_batches),
            first,
        )

    def _held_change(self, params: Tensors, n_seeds: int, n_batches: int) -> np.ndarray:
        """The change of the loss on held-out data: (n_seeds, n_batches)."""
        changes = []
        for b in range(n_batches):
            one = {
                n: t.unflatten(1 if n[:5] == "block" else 0, (n_seeds, n_batches)).select(
                    2 if n[:5] == "block" else 1, b
                )
                for n, t in params.items()
            }
            changes.append(self._held_loss(one) - self.held_before)
        return torch.stack(changes, dim=1).cpu().numpy()

    def _held_loss(self, params: Tensors) -> Tensor:
        """Mean loss over all held-out data with one set of parameters for each seed: (n_seeds,)
        float64.
        """
        n_held, labels = self.held.shape[1], self.snapshot.data.held_y
        total = torch.zeros((), dtype=torch.float64)
        for start in range(0, n_held, EVALUATED_AT_ONCE):
            part = slice(start, start + EVALUATED_AT_ONCE)
            logits = self.network.logits(params, self.held[:, part], self.held_normed[:, part])
            total = total + example_losses(logits, labels[part].expand(logits.shape[0], -1)).sum(1)
        return total / n_held

    def entering_states(self, batches: Tensor) -> Tensor:
        """The states that enter the probed blocks, for each seed's own batches (n_seeds, n_batches,
        batch): (n_seeds * n_batches, batch, W). They are the same under every rule.
        """
        x = self.snapshot.data.train_x[batches]
        return self._entering(x.flatten(1, 2)).unflatten(1, batches.shape[1:]).flatten(0, 1)

    def _entering(self, x: Tensor) -> Tensor:
        """Level `below` of examples x (n_seeds, n, n_in): (n_seeds, n, W)."""
        network, params = self.snapshot.network, self.snapshot.params
        h = network.embed(params, x)
        for layer in network.layers(params)[: self.below]:
            h = network.block(layer, h, network.norm(h)[0])
        return h


def _rule_state(
    name: str, task: Task, snapshot: Snapshot, settings: ProbeSettings, device: str
) -> Tensors:
    """The state that a rule is probed with: for vec fitted to this snapshot; for DFA the seed's
    matrices, which are those that it was trained with.
    """
    if name == "vec":
        batches, batch = settings.fit_batches, settings.fit_batch
        return {vec.KEY: fit_bridge(snapshot, batches, batch, task.bridge, device)[vec.KEY]}
    return rule(name).initial(snapshot.network, snapshot.seeds, device, task.feedback_scale)


def _repeat_per_batch(tensor: Tensor, name: str, n_batches: int) -> Tensor:
    """A copy for each probe batch: the stack axis (n_seeds) becomes (n_seeds * n_batches)."""
    return tensor.repeat_interleave(
        n_batches, dim=1 if name.startswith(("block.", "credit.level")) else 0
    )


def _unit_norm(credit: Tensor) -> Tensor:
    """Each example's credit scaled to norm one; zero stays zero."""
    return credit / credit.norm(dim=-1, keepdim=True).clamp_min(torch.finfo(credit.dtype).tiny)


def _moments(updates: Tensors) -> tuple[np.ndarray, np.ndarray]:
    """Trace of the updates' covariance over batches, and the unbiased squared norm of their mean:
    two (n_seeds,) arrays.
    """
    # in one order, so that the sums do not depend on the order of the tensors
    parts = [updates[name].double() for name in sorted(updates)]
    n_seeds, n_batches = parts[0].shape[1:3]
    trace = power = np.zeros(n_seeds)
    for part in parts:
        mean = part.mean(dim=2, keepdim=True)
        trace = trace + _sum_by_seed((part - mean).square()) / (n_batches - 1)
        power = power + _sum_by_seed(mean.square())
    return trace, power - trace / n_batches


def _sum_by_seed(values: Tensor) -> np.ndarray:
    """Sums (n_seeds,) of values (L', n_seeds, ...), each over a row of its own, so that its bits do
    not depend on other seeds.
    """
    return values.movedim(1, 0).flatten(1).sum(dim=1).cpu().numpy()


__all__: Sequence[str] = ("Snapshot", "alignment", "fit_bridge", "probe")
