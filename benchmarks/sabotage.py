"""What turns red when the implementation is broken on purpose: `python -m benchmarks.sabotage`
writes docs/sabotage.md.

Each sabotage replaces one thing while the claims of claims.yaml are measured and judged again, on
networks small enough for seconds: width 16, two blocks, snapshots at epochs 2, 4 and 8 in place of
5, 20 and 100, eight seeds. A claim turns red when its verdict is not the one that it has with
nothing broken, unless a placebo turns it too: the same code on other seeds, batches in another
order, other resamples. `tests/benchmarks/test_sabotage.py` does the same, and compares with the
table.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pytest
import torch

from claims.experiments import Context

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "docs" / "sabotage.md"
SEEDS = tuple(range(8))
SMALL = {
    "width: 64, blocks: 3": "width: 16, blocks: 2",
    "epochs: 100}": "epochs: 8}",
    "epoch=100": "epoch=8",
    "epoch=20": "epoch=4",
    "epoch=5": "epoch=2",
    "[5, 20, 100]": "[2, 4, 8]",
    "[20, 100]": "[4, 8]",
    "[5, 20]": "[2, 4]",
    "lr: 0.019": "lr: 0.05",
    "batch: 128, batches: 16": "batch: 64, batches: 8",
    "fit_batches: 400": "fit_batches: 60",
    "\n  seeds: 16\n": f"\n  seeds: {len(SEEDS)}\n",
}
CONTROLLED = (
    "vec-lowers-heldout-early",
    "credit-quality-orders-heldout",
    "vec-transfers-seventy-percent",
    "vec-variance-far-below-dfa",
    "accuracy-grows",
    "same-batch-exploitable",
)


@dataclass(frozen=True)
class Sabotage:
    """`breaks(patch)` does it. trains: what is broken changes the networks themselves. judges: it
    changes no observation, only verdicts. guard: a test that notices, as file::name, where that is
    what has to.
    """

    name: str
    breaks: Callable[[pytest.MonkeyPatch], None]
    trains: bool = False
    judges: bool = False
    guard: str = ""


def _rule(name: str, credit: Callable) -> Callable[[pytest.MonkeyPatch], None]:
    """Another credit under the name of a rule."""

    def breaks(patch: pytest.MonkeyPatch) -> None:
        import importlib

        module = importlib.import_module(f"models.credit.{name}")
        patch.setattr(module, "RULE", replace(module.RULE, credit=credit))

    return breaks


def _oracle(state, signal):
    from models.credit import oracle

    return oracle.credit({}, signal)


def _negative_vec(state, signal):
    from models.credit import vec
    from models.networks.gradients import dense

    return -dense(vec.credit(state, signal))


def _redrawn_dfa(state, signal):
    from models.credit import dfa

    fixed = state[dfa.KEY]
    return dfa.credit({dfa.KEY: torch.randn(fixed.shape) / fixed.shape[-1] ** 0.5}, signal)


def _shuffled(state, signal):
    truth = _oracle(state, signal)
    return truth[:, :, torch.randperm(truth.shape[2])]


def _bench(change: Callable) -> Callable[[pytest.MonkeyPatch], None]:
    """The probe's settings changed behind its back."""

    def breaks(patch: pytest.MonkeyPatch) -> None:
        from models import probe

        intact = probe._ProbedBlocks.__init__
        patch.setattr(
            probe._ProbedBlocks,
            "__init__",
            lambda self, snapshot, settings: intact(self, snapshot, change(settings)),
        )

    return breaks


def _held_is_the_batch(patch: pytest.MonkeyPatch) -> None:
    from models import probe

    intact = probe._ProbedBlocks._descend

    def descend(self, *args):
        same, _, first = intact(self, *args)
        return same, same.copy(), first

    patch.setattr(probe._ProbedBlocks, "_descend", descend)


def _held_is_trained_on(patch: pytest.MonkeyPatch) -> None:
    from models import datasets

    whole = datasets.load("digits")
    leaking = replace(
        whole,
        train_x=np.concatenate([whole.train_x, whole.held_x]),
        train_y=np.concatenate([whole.train_y, whole.held_y]),
    )
    tensors = datasets.Tensors(
        *(
            torch.from_numpy(a)
            for a in (leaking.train_x, leaking.train_y, leaking.held_x, leaking.held_y)
        ),
        n_classes=10,
    )
    patch.setattr(datasets, "load", lambda name: leaking)
    patch.setattr(datasets, "on_device", lambda name, device: tensors)


def _first_block(patch: pytest.MonkeyPatch) -> None:
    from models import probe

    whole, gradients = probe._ProbedBlocks.__init__, probe.block_gradients

    def first_only(network, params, acts, credit, out) -> None:
        gradients(network, params, acts, credit, out)
        for grad in out.values():
            grad[1:] = 0

    patch.setattr(
        probe._ProbedBlocks,
        "__init__",
        lambda self, snapshot, settings: whole(
            self, snapshot, settings.model_copy(update={"blocks": "all"})
        ),
    )
    patch.setattr(probe, "block_gradients", first_only)


def _wrong_level(patch: pytest.MonkeyPatch) -> None:
    from models import probe

    intact = probe.at_levels
    patch.setattr(
        probe, "at_levels", lambda state, levels: intact(state, [level - 1 for level in levels])
    )


def _unfitted(patch: pytest.MonkeyPatch) -> None:
    from models import probe

    patch.setattr(probe.vec, "solve", lambda state, ridge: None)


def _one_epoch_less(patch: pytest.MonkeyPatch) -> None:
    from models.training import Trainer

    intact = Trainer.__init__

    def made(self, task, state, device, **options):
        intact(self, task, state, device, **options)
        self.epoch += state.epoch == 0

    patch.setattr(Trainer, "__init__", made)


def _variance_over_seeds(patch: pytest.MonkeyPatch) -> None:
    from models import probe

    intact = probe._moments

    def moments(updates):
        n_seeds = next(iter(updates.values())).shape[1]
        return tuple(
            np.full(n_seeds, found.mean())
            for found in intact({n: u.transpose(1, 2) for n, u in updates.items()})
        )

    patch.setattr(probe, "_moments", moments)


def _unpaired(patch: pytest.MonkeyPatch) -> None:
    from claims import samples

    intact = samples._column
    patch.setattr(
        samples,
        "_column",
        lambda observed, term, replicates: np.roll(
            intact(observed, term, replicates), len(str(term)) % 5
        ),
    )


def _best_atom(patch: pytest.MonkeyPatch) -> None:
    from claims.inference import conjunction

    patch.setattr(
        conjunction, "support", lambda judged: np.min([a.p_value for a in judged], axis=0)
    )


def _half_errors(patch: pytest.MonkeyPatch) -> None:
    from claims.inference import atoms

    intact = atoms._interval_and_tails
    patch.setattr(
        atoms,
        "_interval_and_tails",
        lambda fit, *rest: intact(replace(fit, error=fit.error / 2), *rest),
    )


def _six_times_the_level(patch: pytest.MonkeyPatch) -> None:
    from claims.inference import decision

    patch.setattr(decision, "level_of", lambda confidence: 3 * (1 - confidence))


SABOTAGES = (
    Sabotage("vec's credit has the wrong sign", _rule("vec", _negative_vec)),
    Sabotage(
        "vec is given the oracle's gradient",
        _rule("vec", _oracle),
        guard="benchmarks/test_sabotage.py::test_vec_does_not_look_at_the_weights_above",
    ),
    Sabotage("vec is used without having been fitted", _unfitted),
    Sabotage("steps go uphill", _bench(lambda s: s.model_construct(**{**dict(s), "lr": -s.lr}))),
    Sabotage(
        "the step size is ignored: 1 whatever is asked",
        _bench(lambda s: s.model_copy(update={"lr": 1.0})),
        guard="benchmarks/test_sabotage.py::test_the_probe_moves_the_last_block_alone",
    ),
    Sabotage("held-out loss is taken on the probe batch", _held_is_the_batch),
    Sabotage(
        "held-out data are trained on",
        _held_is_trained_on,
        trains=True,
        guard="models/test_training.py::test_digits_are_scikit_learns_and_split_for_good",
    ),
    Sabotage(
        "the first block is probed, not the last",
        _first_block,
        guard="benchmarks/test_sabotage.py::test_the_probe_moves_the_last_block_alone",
    ),
    Sabotage(
        "the credit is that of the block below",
        _wrong_level,
        guard="benchmarks/test_sabotage.py::test_the_probed_block_gets_its_own_credit",
    ),
    Sabotage(
        "DFA's feedback is redrawn at each step",
        _rule("dfa", _redrawn_dfa),
        trains=True,
        guard="benchmarks/test_sabotage.py::test_dfas_feedback_is_fixed",
    ),
    Sabotage(
        "snapshots are one epoch short",
        _one_epoch_less,
        trains=True,
        guard="benchmarks/test_sabotage.py::test_training_equals_a_plain_loop_over_its_epochs",
    ),
    Sabotage(
        "update variance is taken over seeds, not batches",
        _variance_over_seeds,
        guard="benchmarks/test_sabotage.py::test_variance_is_over_the_batches_of_a_seed",
    ),
    Sabotage(
        "conditions are not paired by seed",
        _unpaired,
        judges=True,
        guard="benchmarks/test_sabotage.py::test_conditions_stay_paired_by_seed",
    ),
    Sabotage("the random rule is given the oracle's credit", _rule("random", _oracle)),
    Sabotage("signflip shuffles instead: the mean is kept", _rule("signflip", _shuffled)),
    Sabotage("a conjunction is supported by its best atom", _best_atom, judges=True),
    Sabotage("standard errors are halved", _half_errors, judges=True),
    Sabotage("tests are at six times their level", _six_times_the_level, judges=True),
)


def _other_batches(patch: pytest.MonkeyPatch) -> None:
    from models import streams

    patch.setattr(streams, "BATCHES", 1000)  # a purpose that nothing else has


@dataclass(frozen=True)
class Placebo:
    """What must not matter, in place of a sabotage. resamples: the seed base that names the judge's
    resampling streams.
    """

    name: str
    seeds: tuple[int, ...] = SEEDS
    changes: Callable[[pytest.MonkeyPatch], None] | None = None
    resamples: int = 0


PLACEBOS = (
    Placebo("seeds 100 to 107", seeds=tuple(range(100, 108))),
    Placebo("seeds 200 to 207", seeds=tuple(range(200, 208))),
    Placebo("training batches in another order", changes=_other_batches),
    Placebo("other resamples", resamples=1),
)


@dataclass(frozen=True)
class Noticed:
    """What turned red: claims of the memo, control claims, `false_positives`; and the test that
    guards.
    """

    claims: tuple[str, ...]
    controls: tuple[str, ...]
    false_positives: tuple[str, ...]
    guard: str

    @property
    def by_suite(self) -> bool:
        return bool(self.claims or self.controls or self.false_positives)


class Bench:
    """The small suite, measured and judged with nothing broken; `try_out` breaks one thing.

    placebos: {name: the claims whose verdict flips and the controls that fail under it}: they
    notice nothing, whatever is broken.
    """

    def __init__(self, folder: Path):
        from claims.schema import load_suite
        from claims.store.entries import Store

        self.store = Store(folder / "store")
        path = folder / "claims.yaml"
        path.write_text(small((ROOT / "claims.yaml").read_text(encoding="utf-8")), encoding="utf-8")
        suite = load_suite(path)
        self.claims = [c for c in suite.claims if c.experiment == "sweep"]
        self.observed = self._measure(self.store)
        self.verdicts = self._judge(self.observed)
        self.placebos = {placebo.name: self._under(placebo) for placebo in PLACEBOS}
        self._unsteady = {claim for claims, _ in self.placebos.values() for claim in claims}
        self._failing = {claim for _, controls in self.placebos.values() for claim in controls}

    def _under(self, placebo: Placebo) -> tuple[tuple[str, ...], tuple[str, ...]]:
        observed = self.observed
        if placebo.changes or placebo.seeds != SEEDS:
            with pytest.MonkeyPatch.context() as patch:
                (placebo.changes or (lambda patch: None))(patch)
                observed = self._measure(None, placebo.seeds)
        verdicts = self._judge(observed, placebo.resamples)
        # other seeds move them most; asking takes long
        failed = self._controls(observed, placebo.resamples) if placebo.seeds != SEEDS else ()
        return tuple(c.id for c in self.claims if verdicts[c.id] != self.verdicts[c.id]), failed

    def try_out(self, sabotage: Sabotage) -> Noticed:
        with pytest.MonkeyPatch.context() as patch:
            sabotage.breaks(patch)
            torch.manual_seed(0)  # some sabotages draw from it
            observed = (
                self.observed
                if sabotage.judges
                else self._measure(None if sabotage.trains else self.store)
            )
            verdicts = self._judge(observed)
            failed = self._controls(observed) if sabotage.judges else ()
            guard = sabotage.guard if sabotage.guard and _fails(sabotage.guard) else ""
        red = [
            c
            for c in self.claims
            if verdicts[c.id] != self.verdicts[c.id] and c.id not in self._unsteady
        ]
        failed = tuple(name for name in failed if name not in self._failing)
        return Noticed(
            tuple(c.id for c in red if "control" not in c.tags),
            tuple(c.id for c in red if "control" in c.tags),
            failed,
            guard,
        )

    def _measure(self, store, seeds: tuple[int, ...] = SEEDS):
        experiment = self.claims[0].spec.experiment("digits")
        return experiment.measure(seeds, Context(store=store))

    def _judge(self, observed, resamples: int = 0) -> dict[str, str | None]:
        from claims import judging as judge

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(judge, "N_WORLDS", 1)
            return {
                c.id: judge.judge(c, "digits", lambda seeds: observed, seed_base=resamples).verdict
                for c in self.claims
            }

    def _controls(self, observed, resamples: int = 0) -> tuple[str, ...]:
        from claims import false_positives

        chosen = [c for c in self.claims if c.id in CONTROLLED]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(false_positives, "N_SKEWED_WORLDS", 1)  # decides nothing
            found = [
                false_positives.check_false_positives(
                    c,
                    "digits",
                    lambda seeds: observed,
                    seed_base=resamples,
                    n_checks=len(self.claims),
                )
                for c in chosen
            ]
        return tuple(check.id for check in found if not check.passed)

    def controls_intact(self) -> tuple[str, ...]:
        """The `false_positives` controls that fail with nothing broken: none, one hopes."""
        return self._controls(self.observed)


def small(text: str) -> str:
    """claims.yaml for networks that train in seconds."""
    for old, new in SMALL.items():
        if old not in text:
            raise ValueError(f"claims.yaml no longer holds {old!r}: bring `SMALL` in line with it")
        text = text.replace(old, new)
    # readings of other networks
    text = re.sub(r"^variants:.*?(?=^\w)", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"seeds: {start.*?}", f"seeds: {len(SEEDS)}", text)  # one look


def _fails(guard: str) -> bool:
    """Whether a test of tests/, as things stand, fails."""
    import importlib

    file, _, name = guard.partition("::")
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    module = importlib.import_module(f"tests.{file.removesuffix('.py').replace('/', '.')}")
    test = getattr(module, name)
    try:
        test()
    except AssertionError:
        return True
    return False


INTRODUCTION = f"""\
# What is noticed when something is broken on purpose

Written by `python -m benchmarks.sabotage`; `tests/benchmarks/test_sabotage.py` compares.

The claims on the sweep are judged on a miniature of their experiment: width 16, two blocks,
snapshots at epochs 2, 4 and 8 in place of 5, 20 and 100, {len(SEEDS)} seeds, one look. Its
verdicts are not those of the suite, and are not compared with what the claim file expects. A
claim is *red* where its verdict is not the one that the unbroken miniature gives it; a
`false_positives` check ({len(CONTROLLED)} claims have one here) where it fails. The checks are
made only where what is broken is the judging, and of the placebos on other seeds.

A verdict near its threshold flips for less than a sabotage. So placebos come first, which break
nothing: a claim whose verdict one of them flips, or whose check fails under it, does not
count as noticing anything below.
"""


def table(
    noticed: dict[str, Noticed], placebos: dict[str, tuple[tuple[str, ...], tuple[str, ...]]]
) -> str:
    """The page as Markdown."""
    by_suite = sum(n.by_suite for n in noticed.values())
    lines = [INTRODUCTION, "| placebo | verdicts that flip | `false_positives` |", "|---|---|---|"]
    lines += [
        f"| {name} | {', '.join(claims)} | {', '.join(controls)} |"
        for name, (claims, controls) in placebos.items()
    ]
    lines += [
        "",
        f"{len(noticed)} sabotages, {by_suite} noticed by claims or checks alone; "
        f"{sum(bool(n.by_suite or n.guard) for n in noticed.values())} noticed by claims, "
        "checks or tests.",
        "",
        "| broken | claims that turn red | control claims | `false_positives` | test |",
        "|---|---|---|---|---|",
    ]
    for name, n in noticed.items():
        guard = f"`{n.guard}`" if n.guard else ""
        few = " | ".join(map(_few, (n.claims, n.controls, n.false_positives)))
        lines.append(f"| {name} | {few} | {guard} |")
    return "\n".join(lines) + "\n"


def _few(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:2])
    return shown + (f" and {len(names) - 2} more" if len(names) > 2 else "")


@contextmanager
def bench() -> Iterator[Bench]:
    with tempfile.TemporaryDirectory() as folder:
        yield Bench(Path(folder))


def main() -> None:
    with bench() as b:
        print(
            "with nothing broken:",
            b.verdicts,
            "false_positives that fail:",
            b.controls_intact(),
            "placebos:",
            b.placebos,
        )
        noticed = {}
        for sabotage in SABOTAGES:
            noticed[sabotage.name] = found = b.try_out(sabotage)
            print(f"{sabotage.name}: {found}", flush=True)
        TABLE.write_text(table(noticed, b.placebos), encoding="utf-8")
    print(f"written: {TABLE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
