"""Stacked networks in closed form: all seeds are one program, and no autograd runs.

Axes: G the stack (n_seeds, or any flattening that begins with it), B batch, W width, C classes, L
blocks. Parameters of a block are (G, in, out); those of all blocks lie in one tensor (L, G, in,
out), so that the backward passes of blocks that do not depend on each other are one batched product
over L x G. States h_0 ... h_L are the *levels*; block l leads from h_{l-1} to h_l.

Tensors with a class axis have it before the batch, (G, C, B): there are few classes, and products
and reductions whose innermost axis is short run at a fraction of the speed. Gradients are in
`models.networks.gradients`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from models.settings import NetworkSettings
from models.streams import INITIAL, stream

Tensors = dict[str, Tensor]
NORM_EPS = 1e-5
_NORM_EPS = torch.tensor(NORM_EPS)  # a Python number would be made a tensor on every call


@dataclass(frozen=True)
class Activations:
    """The results of a forward pass: `h[l]` (G, B, W) the levels; `normed` (L+1, G, B, W) the input
    of block l+1 (of the head, at L); `rstd[l]` (G, B, 1) the reciprocal standard deviation that the
    norm divides by, None without one; `inner` (L, G, B, W) the activations inside the blocks (the
    levels themselves in a plain network); `logits` (G, C, B). `spare` (L, G, B, W): memory that may
    be overwritten, where there is a workspace.
    """

    h: Sequence[Tensor]
    normed: Tensor
    rstd: Sequence[Tensor | None]
    inner: Tensor
    logits: Tensor
    spare: Tensor | None = None


class Workspace(NamedTuple):
    """Memory of a pass that the next pass overwrites: new memory would cost a step of small
    networks a tenth of its time. `levels`, `normed` (L+1, G, B, W); `inner`, `spare` (L, G, B, W).
    """

    levels: Tensor
    normed: Tensor
    inner: Tensor
    spare: Tensor


class Layer(NamedTuple):
    """The parameters of one block: W1, W2 (G, W, W), b1, b2 (G, 1, W); a plain one has no second
    pair.
    """

    W1: Tensor
    b1: Tensor
    W2: Tensor | None = None
    b2: Tensor | None = None


@dataclass(frozen=True)
class Network:
    """An architecture: its shapes and formulas, without parameters.

    Residual: h_0 = x W_in + b;  h_l = h_{l-1} + act(norm(h_{l-1}) W1 + b1) W2 + b2;  logits =
    norm(h_L) W_out + b. Plain: every layer, the input layer too, is h_l = act(norm(h_{l-1}) W1 +
    b1).
    """

    settings: NetworkSettings
    n_in: int
    n_classes: int
    precision: str = "fp32"  # of matrix products; everything else, and every stored tensor, is fp32

    @property
    def n_blocks(self) -> int:
        return self.settings.blocks

    def top(self, n_blocks: int) -> Network:
        """The network of the last `n_blocks` blocks and the head, to be entered at its level 0."""
        return replace(self, settings=self.settings.model_copy(update={"blocks": n_blocks}))

    def block_shapes(self) -> dict[str, tuple[int, int]]:
        """{parameter: (in, out)} of one block."""
        width = self.settings.width
        names = ("W1", "b1", "W2", "b2") if self.settings.residual else ("W1", "b1")
        return {name: (width if name[0] == "W" else 1, width) for name in names}

    def initial(self, seeds: Sequence[int], device: str) -> Tensors:
        """Fresh parameters, each seed from its own stream: normal, variance 1 / fan-in, twice that
        before a relu; the second matrix of a residual block is divided by sqrt(L), so that the
        states of deep stacks start bounded; the head's is multiplied by `head_gain`. Biases are
        zero.
        """
        s = self.settings
        gain = math.sqrt(2.0) if s.activation == "relu" else 1.0
        columns: dict[str, list[np.ndarray]] = {}
        for seed in seeds:
            rng = stream(INITIAL, seed)
            draw = {"input.W": _normal(rng, (self.n_in, s.width), 1.0 if s.residual else gain)}
            draw["block.W1"] = _normal(rng, (s.blocks, s.width, s.width), gain)
            if s.residual:
                draw["block.W2"] = _normal(
                    rng, (s.blocks, s.width, s.width), 1 / math.sqrt(s.blocks)
                )
            draw["head.W"] = _normal(rng, (s.width, self.n_classes), s.head_gain)
            for name, value in draw.items():
                columns.setdefault(name, []).append(value)
        params = {
            name: torch.from_numpy(np.stack(v, axis=stack_axis(name))).to(device)
            for name, v in columns.items()
        }
        for name in list(params):
            params[name.replace("W", "b")] = torch.zeros_like(
                params[name].narrow(-2, 0, 1)
            ).contiguous()
        return params

    def workspace(self, n_stack: int, n_batch: int, device: str) -> Workspace:
        """Memory for passes of `n_batch` examples of each of `n_stack` networks."""
        shape = (n_stack, n_batch, self.settings.width)
        return Workspace(
            *(
                torch.empty(n_levels, *shape, device=device)
                for n_levels in (self.n_blocks + 1, self.n_blocks + 1, self.n_blocks, self.n_blocks)
            )
        )

    def embed(self, params: Tensors, x: Tensor, out: Tensor | None = None) -> Tensor:
        """Level 0 of examples x (G, B, n_in): (G, B, W); into `out` where one is given."""
        h = self._affine(params["input.b"], x, params["input.W"], out=out)
        return h if self.settings.residual else self._activate_(h)

    def forward(
        self,
        params: Tensors,
        h: Tensor,
        space: Workspace | None = None,
        layers: Sequence[Layer] | None = None,
    ) -> Activations:
        """The pass from level 0, h (G, B, W), to the logits. `space`: memory to overwrite, and with
        it an earlier pass's activations. `layers`: `layers(params)`, where the caller has them.
        """
        normed = h.new_empty(self.n_blocks + 1, *h.shape) if space is None else space.normed
        inner = h.new_empty(self.n_blocks, *h.shape) if space is None else space.inner
        levels = [None] * (self.n_blocks + 1) if space is None else space.levels.unbind()
        spare = None if space is None else space.spare[0]
        hs, rstds, reads = [h], [], normed.unbind()
        for layer, n, r, level in zip(
            layers or self.layers(params), reads, inner.unbind(), levels[1:], strict=False
        ):
            rstds.append(self.norm(hs[-1], n, spare)[1])
            hs.append(self.block(layer, hs[-1], n, r, level))
        rstds.append(self.norm(hs[-1], reads[-1], spare)[1])
        return Activations(
            hs,
            normed,
            rstds,
            inner,
            self.readout(params, reads[-1]),
            None if space is None else space.spare,
        )

    def layers(self, params: Tensors) -> list[Layer]:
        """The parameters of each block."""
        return [
            Layer(*tensors)
            for tensors in zip(
                *(params[f"block.{name}"].unbind() for name in self.block_shapes()), strict=True
            )
        ]

    def readout(self, params: Tensors, normed: Tensor) -> Tensor:
        """Logits (G, C, B) of the last level's norm (G, B, W)."""
        return torch.baddbmm(
            params["head.b"].transpose(1, 2),
            params["head.W"].transpose(1, 2),
            normed.transpose(1, 2),
        )

    def norm(
        self, h: Tensor, out: Tensor | None = None, spare: Tensor | None = None
    ) -> tuple[Tensor, Tensor | None]:
        """Layer norm without affine part, and the reciprocal standard deviation (G, B, 1); into
        `out` where one is given. `spare`: memory of the same size that is overwritten.

        Computed step by step as defined: at widths of a few hundred this takes half as long as
        torch's kernel.
        """
        if self.settings.norm == "none":
            return (h if out is None else out.copy_(h)), None
        share = 1 / h.shape[-1]
        centred = torch.sub(h, h.sum(-1, keepdim=True), alpha=share, out=out)
        rstd = torch.square(centred, out=spare).sum(-1, keepdim=True)
        torch.add(_NORM_EPS, rstd, alpha=share, out=rstd).rsqrt_()
        return centred.mul_(rstd), rstd

    def norm_backward(self, grad: Tensor, normed: Tensor, rstd: Tensor | None) -> Tensor:
        """Vector-Jacobian product of `norm` where it gave `normed` and `rstd`. grad (G, B, W) ->
        (G, B, W).
        """
        if rstd is None:
            return grad
        along = (grad * normed).mean(-1, keepdim=True)
        return (grad - grad.mean(-1, keepdim=True)).addcmul_(normed, along, value=-1).mul_(rstd)

    def block(
        self,
        layer: Layer,
        h: Tensor,
        n: Tensor,
        inner: Tensor | None = None,
        out: Tensor | None = None,
    ) -> Tensor:
        """The next level from h (G, B, W) and its norm n. `inner`, where given, receives the inner
        activation; `out` a residual block's level.
        """
        r = self._activate_(self._affine(layer.b1, n, layer.W1, out=inner))
        if layer.W2 is None or layer.b2 is None:
            return r
        out = torch.add(h, layer.b2, out=out)
        return self._affine(out, r, layer.W2, out=out)

    def logits(self, params: Tensors, h: Tensor, normed: Tensor | None = None) -> Tensor:
        """Logits (G, C, B) of states h at level 0, without the activations. `normed`: norm(h),
        where it is known already.
        """
        for level, layer in enumerate(self.layers(params)):
            n = normed if level == 0 and normed is not None else self.norm(h)[0]
            h = self.block(layer, h, n)
        return self.readout(params, self.norm(h)[0])

    def activation_backward(self, grad: Tensor, r: Tensor) -> Tensor:
        """`grad` times the activation's derivative, computed from the activation's value r;
        overwrites `grad`.
        """
        if self.settings.activation == "tanh":
            return torch.ops.aten.tanh_backward.grad_input(grad, r, grad_input=grad)
        return torch.ops.aten.threshold_backward.grad_input(grad, r, 0, grad_input=grad)

    def _activate_(self, z: Tensor) -> Tensor:
        return z.tanh_() if self.settings.activation == "tanh" else z.relu_()

    def product(self, left: Tensor, right: Tensor, out: Tensor | None = None) -> Tensor:
        """left right, (G, M, K), (G, K, N) -> (G, M, N) fp32; into `out` where one is given."""
        if self.precision == "fp32":
            return torch.bmm(left, right, out=out)
        found = torch.bmm(left.bfloat16(), right.bfloat16())
        return found.float() if out is None else out.copy_(found)

    def mean_product(self, left: Tensor, right: Tensor, out: Tensor) -> None:
        """out = left^T right / batch: (G, B, I), (G, B, O) -> (G, I, O); in fp32 in one pass."""
        if self.precision == "fp32":
            torch.baddbmm(
                out, left.transpose(1, 2), right, beta=0, alpha=1 / left.shape[1], out=out
            )
        else:
            out.copy_(torch.bmm(left.bfloat16().transpose(1, 2), right.bfloat16())).mul_(
                1 / left.shape[1]
            )

    def _affine(
        self, bias: Tensor, left: Tensor, right: Tensor, out: Tensor | None = None
    ) -> Tensor:
        """bias + left right; into `out` where one is given."""
        if self.precision == "fp32":
            return torch.baddbmm(bias, left, right, out=out)
        return torch.add(bias, torch.bmm(left.bfloat16(), right.bfloat16()), out=out)


def stack_axis(name: str) -> int:
    """The index of the stack axis G in a named tensor: the second axis in parameters and credit
    state of blocks or levels, the first elsewhere.
    """
    return 1 if name.startswith(("block.", "credit.level", "adam.block.")) else 0


def output_error(logits: Tensor, labels: Tensor) -> Tensor:
    """softmax(logits) - onehot(labels), per example: logits (G, C, B), labels (G, B) -> (G, C,
    B).
    """
    # Step by step: the last bit of torch.softmax over an axis that is not the innermost depends on
    # how it is split among threads.
    error = (logits - logits.amax(1, keepdim=True)).exp_()
    error.div_(error.sum(1, keepdim=True))
    labels = labels.unsqueeze(1)
    return error.scatter_add_(1, labels, error.new_full((), -1.0).expand(labels.shape))


def example_losses(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy of each example in float64, accurate also near zero: (G, C, B), (G, B) -> (G,
    B).

    log(1 + sum over the wrong classes of exp(z_j - z_y)): no cancellation.
    """
    z = logits.double()
    target = labels.unsqueeze(1)
    margins = (z - z.gather(1, target)).scatter_(1, target, -math.inf)
    top = margins.amax(1, keepdim=True).clamp_min(0)
    rest = (margins - top).exp().sum(1)
    top = top.squeeze(1)
    return top + torch.where(top > 0, ((-top).exp() + rest).log(), rest.log1p())


def _normal(rng: np.random.Generator, shape: tuple[int, ...], gain: float) -> np.ndarray:
    return rng.standard_normal(shape, dtype=np.float32) * np.float32(gain / math.sqrt(shape[-2]))
