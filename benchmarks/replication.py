"""Calibration of `replication_probability`: `python -m benchmarks.replication` trains 20 disjoint
sets of digits seeds and writes docs/replication.md.

Every claim of claims.yaml on the sweep, and copies of it with thresholds shifted so that they pass
more or less often, is judged on each set. Each set predicts the chance that another passes; the
other sets say how often one does. The first set fixes the shifted thresholds, and is no part of
those copies' scores. About 1,400 core-seconds at full speed for 20 sets of 16 seeds; all of it goes
through the store, so that a run that is stopped goes on where it was. `--sets N` takes the first N
sets, `--only-stored` those that are there already.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import itertools

import numpy as np

from claims.execution.machine import Machine
from claims.execution.measure import plan
from claims.inference import Atom, Sample, schedule
from claims.inference.predictive import fresh_worlds, judge_schedule
from claims.judging import generator
from claims.run import Run, store_root
from claims.samples import atom_of, extract_sample
from claims.schema import Claim, NotAsked, load_suite

ROOT = Path(__file__).resolve().parent.parent
PAGE, PICTURE = ROOT / "docs" / "replication.md", ROOT / "docs" / "replication.png"
BASE, SEEDS, WORLDS = 30_000, 16, 200
# pass rates that the shifted copies are to have, judged by the first set
AIMS = (0.1, 0.3, 0.5, 0.7, 0.9)
BINS = np.linspace(0, 1, 6)
RESAMPLES = 2000


@dataclass(frozen=True)
class Case:
    """A claim, or a copy of it with its thresholds shifted. sets: (k,) numbers of the sets that it
    is scored on; predicted, came: (k,), by and in each.
    """

    claim: str
    shift: str
    sets: np.ndarray
    predicted: np.ndarray
    came: np.ndarray

    def observed(self, weights: np.ndarray) -> np.ndarray:
        """For each set the share of the others that passed, none being asked about itself: (...,
        k). weights: (..., n_sets), how often each counts.
        """
        mine = weights[..., self.sets]
        others = mine.sum(axis=-1, keepdims=True) - mine
        with np.errstate(invalid="ignore"):  # a resample of one set alone has no others
            return ((mine * self.came).sum(axis=-1, keepdims=True) - mine * self.came) / others


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sets", type=int, default=20)
    parser.add_argument("--only-stored", action="store_true", help="train nothing")
    options = parser.parse_args()
    path = ROOT / "claims.yaml"
    suite = load_suite(path)
    bases = [BASE + 100 * i for i in range(options.sets)]
    runs = [_run(suite, path, base) for base in bases]
    spec = suite.experiments["sweep"]
    if options.only_stored:
        runs = [
            r
            for r in runs
            if not plan(
                spec.experiment("digits"),
                range(r.seed_base, r.seed_base + SEEDS),
                r.machine,
                r.store,
            ).missing
        ]
    if len(runs) < 3:
        raise SystemExit(
            "fewer than three sets are there: one that fixes thresholds, and two to be compared"
        )
    for i, run in enumerate(runs):
        run.measure(spec, "digits", range(run.seed_base, run.seed_base + SEEDS))
        print(f"set {i + 1} of {len(runs)} measured", flush=True)
    cases = [
        case
        for claim in suite.claims
        if claim.experiment == "sweep"
        for case in judge_all(claim, runs)
    ]
    PAGE.write_text(page(cases, len(runs)), encoding="utf-8")
    draw(cases)
    print(f"written: {PAGE.relative_to(ROOT)}, {PICTURE.relative_to(ROOT)}")


def _run(suite, path: Path, base: int) -> Run:
    from claims.store.entries import Store

    return Run(suite, (), Machine("cpu"), Store(store_root(path)), base)


def judge_all(claim: Claim, runs: Sequence[Run]) -> Iterator[Case]:
    """The claim as it stands, and its copies, judged on every run's seeds."""
    question = claim.ask("digits")
    if isinstance(question, NotAsked):
        return
    samples = []
    for run in runs:
        extracted = extract_sample(
            run.measure(claim.spec, "digits", range(run.seed_base, run.seed_base + SEEDS)),
            question.terms,
            claim.spec.experiment("digits"),
        )
        samples.append(extracted.sample)
    atoms = [atom_of(a, extracted.terms) for a in question.atoms]
    expected = claim.expected_in("digits")
    if expected is not None:
        yield from cases_of(claim, atoms, expected, samples)


def cases_of(
    claim: Claim, atoms: list[Atom], verdict: str, samples: Sequence[Sample]
) -> Iterator[Case]:
    """The claim on all sets; and, where it has one threshold, copies with that moved to where the
    first set passes at the rates aimed at, on the others.
    """
    yield _case(claim, "as it stands", atoms, verdict, dict(enumerate(samples)))
    if len(atoms) == 1 and np.isfinite([atoms[0].lower, atoms[0].upper]).sum() == 1:
        spread = _standard_error(atoms[0], samples[0])
        for aim in AIMS:
            yield _case(
                claim,
                f"shifted for {aim:g}",
                [_shifted(atoms[0], samples[0], spread, aim)],
                "supported",
                dict(list(enumerate(samples))[1:]),
            )


def _case(
    claim: Claim, shift: str, atoms: list[Atom], verdict: str, samples: Mapping[int, Sample]
) -> Case:
    looks, predicted, came = schedule(SEEDS, 0, SEEDS, claim.confidence), [], []
    for i, sample in samples.items():
        rng = generator(f"{claim.id} {shift}", i)
        worlds = fresh_worlds(sample, [SEEDS], WORLDS, rng)
        predicted.append(judge_schedule(worlds, atoms, looks, rng).are(verdict).mean())
        came.append(
            judge_schedule([c[None] for c in sample.cells], atoms, looks, rng).are(verdict)[0]
        )
    return Case(
        claim.id, shift, np.array(list(samples)), np.array(predicted), np.array(came, dtype=float)
    )


def _standard_error(atom: Atom, sample: Sample) -> tuple[float, float]:
    (cell,) = sample.cells
    value, gradient = (np.asarray(v, dtype=float) for v in atom.estimand(cell.mean(axis=0)))
    return float(value), float(
        ((cell - cell.mean(axis=0)) @ gradient).std(ddof=1) / np.sqrt(len(cell))
    )


def _shifted(atom: Atom, sample, spread: tuple[float, float], aim: float) -> Atom:
    """The threshold at which a t-test of this estimate and error passes with the chance aimed at,
    the estimate being true.
    """
    from scipy.special import nctdtrinc, stdtrit

    (value, error), df = spread, SEEDS - 1
    away = nctdtrinc(df, 1 - aim, stdtrit(df, 0.975)) * error
    return (
        replace(atom, lower=value - away)
        if np.isfinite(atom.lower)
        else replace(atom, upper=value + away)
    )


def page(cases: Sequence[Case], n_sets: int) -> str:
    """Brier scores and the calibration table as Markdown."""
    brier, own, base = scores(cases)
    lines = [
        "# Is the replication probability calibrated?",
        "",
        f"Written by `python -m benchmarks.replication`: {n_sets} disjoint sets of {SEEDS} "
        f"digits seeds, {len(cases)} claims and shifted copies.",
        "",
        f"Every claim is judged in one look, on {SEEDS} seeds, whatever looks "
        "`claims.yaml` gives it. Claims on online training are left out: all of"
        " these are on the sweep. Each set predicts for all others, none for itself. "
        "Thresholds of the shifted copies were fixed by the first set, which"
        " is left out of their scores.",
        "",
        f"Brier score {brier:.4f}; of the overall pass rate, predicted for every claim, "
        f"{base:.4f}; of each claim's own pass rate, known"
        f" afterwards, {own:.4f}.",
        "",
        "![calibration](replication.png)",
        "",
        f"Intervals: 95 %, bootstrap over sets ({RESAMPLES} resamples, percentiles).",
        "",
        "| predicted | predictions | mean predicted | passed in the other sets | interval |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {b.low:.1f} to {b.high:.1f} | {b.n} | {b.predicted:.3f} | {b.observed:.3f} | "
        f"{b.least:.3f} to {b.most:.3f} |"
        for b in calibration(cases, n_sets)
    ]
    lines += ["", "| claim | copy | mean predicted | passed |", "|---|---|---|---|"]
    lines += [
        f"| {c.claim} | {c.shift} | {c.predicted.mean():.2f} | {c.came.mean():.2f} |" for c in cases
    ]
    return "\n".join(lines) + "\n"


def scores(cases: Sequence[Case]) -> tuple[float, float, float]:
    """Brier scores, means over cases: of the predictions on the other sets, of each case's own pass
    rate, and of the pass rate over all cases.
    """
    base = np.mean([c.came.mean() for c in cases])
    brier = np.mean(
        [
            np.mean([(p - np.delete(c.came, i)) ** 2 for i, p in enumerate(c.predicted)])
            for c in cases
        ]
    )
    return (
        float(brier),
        float(np.mean([c.came.var() for c in cases])),
        float(np.mean([((base - c.came) ** 2).mean() for c in cases])),
    )


@dataclass(frozen=True)
class Bin:
    """Predictions between `low` and `high`: how many, their mean, how often the other sets passed,
    and its interval.
    """

    low: float
    high: float
    n: int
    predicted: float
    observed: float
    least: float
    most: float


def calibration(cases: Sequence[Case], n_sets: int) -> Iterator[Bin]:
    """The bins that hold predictions. Sets are drawn again whole, with all their predictions and
    outcomes: claims of one set are not independent.
    """
    rng = np.random.default_rng(0)
    # row 0: as they are
    drawn = np.concatenate(
        [np.ones((1, n_sets)), rng.multinomial(n_sets, np.full(n_sets, 1 / n_sets), RESAMPLES)]
    )
    predicted, weights = (
        np.concatenate([c.predicted for c in cases]),
        np.concatenate([drawn[:, c.sets] for c in cases], axis=1),
    )
    observed = np.concatenate([c.observed(drawn) for c in cases], axis=1)
    weights = np.where(np.isnan(observed), 0, weights)
    for low, high in itertools.pairwise(BINS):
        inside = (predicted >= low) & ((predicted < high) | (high == 1))
        if inside.any():
            with np.errstate(invalid="ignore"):  # a resample may have no prediction in the bin
                passed = (weights * np.nan_to_num(observed))[:, inside].sum(axis=1) / weights[
                    :, inside
                ].sum(axis=1)
            least, most = np.nanquantile(passed[1:], [0.025, 0.975])
            yield Bin(
                low, high, int(inside.sum()), predicted[inside].mean(), passed[0], least, most
            )


def draw(cases: Sequence[Case]) -> None:
    """Mean prediction against pass rate, a point for each claim or copy."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(4.5, 4.5), layout="constrained")
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    axes.plot([c.predicted.mean() for c in cases], [c.came.mean() for c in cases], "o", alpha=0.6)
    axes.set(
        xlabel="predicted chance to pass (mean over sets)",
        ylabel="share of sets that passed",
        xlim=(-0.03, 1.03),
        ylim=(-0.03, 1.03),
    )
    figure.savefig(PICTURE, dpi=120)
    pyplot.close(figure)


if __name__ == "__main__":
    main()
