"""Numbers of seeds in a claim file: schedules that cannot be followed, and confidence that they
cannot give.
"""

from __future__ import annotations

from claims.inference.levels import allowed, largest_confidence
from claims.language import nearest
from claims.schema.context import LoadContext
from claims.schema.entries import MAX_LOOKS, SeedSchedule
from claims.schema.suite import Seeds


def to_seeds(seeds: int | SeedSchedule) -> Seeds:
    """The schedule as the suite has it."""
    if isinstance(seeds, int):
        return Seeds(seeds, 0, seeds)
    return Seeds(seeds.start, seeds.step, seeds.max)


def check_seeds(
    context: LoadContext,
    here: tuple[str, ...],
    seeds: int | SeedSchedule | None,
    confidence: float | None,
) -> None:
    """Check the `seeds` and `confidence` of an entry; the defaults' stand for those that it does
    not name.
    """
    defaults = context.file.defaults
    _check_schedule(
        context,
        (*here, "seeds"),
        defaults.seeds if seeds is None else seeds,
        confidence or defaults.confidence,
        key=seeds is None,
        blamed=(*here, "seeds" if confidence is None else "confidence"),
    )


def check_seeds_in(context: LoadContext) -> None:
    """Check the seeds by setting of the defaults: that the settings exist, and that the claim of
    the highest confidence can be judged on them.
    """
    file = context.file
    known = dict.fromkeys(setting for spec in context.specs.values() for setting in spec.settings)
    confidence = max(
        (c.confidence for c in file.claims.values() if c.confidence),
        default=file.defaults.confidence,
    )
    for setting, seeds in file.defaults.seeds_in.items():
        here = ("defaults", "seeds_in", setting)
        if setting not in known:
            context.fail(
                here,
                f"no experiment has a setting `{setting}`",
                nearest(setting, known),
                key=True,
            )
        else:
            _check_schedule(context, here, seeds, max(confidence, file.defaults.confidence))


def _check_schedule(
    context: LoadContext,
    here: tuple[str, ...],
    schedule: int | SeedSchedule,
    confidence: float,
    *,
    key: bool = False,
    blamed: tuple[str, ...] | None = None,
) -> None:
    """A schedule that goes backwards, or that splits the error over more looks than it can be
    split over. `blamed`: where a confidence that cannot be had is marked.
    """
    seeds = to_seeds(schedule)
    if seeds.max < seeds.start:
        return context.fail((*here, "max"), f"`max` ({seeds.max}) is below `start` ({seeds.start})")
    n_looks = len(seeds.looks)
    if n_looks > MAX_LOOKS:
        step = -(-(seeds.max - seeds.start) // (MAX_LOOKS - 1))
        return context.fail(
            here,
            f"`seeds` looks {n_looks} times; at most {MAX_LOOKS} looks share the error",
            f"from {seeds.start} to {seeds.max} write `step: {step}` or more",
            key=key,
        )
    if not allowed(confidence, n_looks):
        over = f" over {n_looks} looks" if n_looks > 1 else ""
        context.fail(
            blamed or here,
            f"`confidence` of {confidence:.10g}{over} cannot be had",
            f"allowed{over}: at most {largest_confidence(n_looks):.10g}"
            + ("; fewer looks allow more" if n_looks > 1 else ""),
        )
