"""The suite as its user waits for it: cold, warm, collection and options, medians over whole
processes.

    python -m benchmarks.suite [--runs 3] [--workers 2] [--also=--claims-check-false-positives]
    [--also=--claims-variants] [--also="--claims-setting cifar10-ci"]

Cold is an empty store: imports, training, probing and judging all claims of claims.yaml. Warm is
the same again. "16 seeds" is the same file with every claim judged once, on 16 seeds; as shipped,
claims that 16 seeds leave open go on to more. Verdicts may then differ from those expected, so its
exit code is not asked for. Collection is `pytest claims/ --collect-only`, alternated with `pytest
--version` so that what is pytest's own can be told apart. Each of `--also` is a run with those
options on the store that the suite has filled: what it trains beyond that is included. Memory is
the largest sum over all processes of a run, each page counted once (Linux), looked at twice a
second.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path


def timed(arguments: list[str], store: str, allowed: tuple[int, ...] = (0,)) -> tuple[float, float]:
    """Seconds and peak MiB of one run and all its processes; it must end with an allowed exit
    code.
    """
    began = time.perf_counter()
    run = subprocess.Popen(
        [sys.executable, "-m", "pytest", *arguments],
        env=os.environ | {"CLAIMS_STORE": store},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    peak = [0.0]
    threading.Thread(target=_watch, args=(run, peak), daemon=True).start()
    told = run.communicate()[0]
    seconds = time.perf_counter() - began
    if run.returncode not in allowed:
        sys.exit(f"pytest {' '.join(arguments)} exited {run.returncode}:\n{told[-5000:]}")
    return seconds, peak[0]


def _watch(run: subprocess.Popen, peak: list[float]) -> None:
    while run.poll() is None:
        peak[0] = max(
            peak[0], sum(_mebibytes(folder, run.pid) for folder in Path("/proc").glob("[0-9]*"))
        )
        time.sleep(0.5)


def _mebibytes(process: Path, session: int) -> float:
    """What a process of the session holds, a page that n processes share counted as an n-th; 0 for
    others and for one that is gone.
    """
    try:
        if int((process / "stat").read_text().rpartition(")")[2].split()[3]) != session:
            return 0.0
        found = re.search(r"^Pss: +(\d+)", (process / "smaps_rollup").read_text(), re.MULTILINE)
    except (OSError, ValueError):
        return 0.0
    return int(found[1]) / 1024 if found else 0.0


def with_fixed_seeds(folder: str) -> Path:
    """claims.yaml without its sequential seeds: every claim takes the default number."""
    text = re.sub(
        r"^ +seeds: \{start.*\n",
        "",
        Path("claims.yaml").read_text(encoding="utf-8"),
        flags=re.MULTILINE,
    )
    path = Path(folder, "claims.yaml")
    path.write_text(text, encoding="utf-8")
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--workers", default="auto")
    parser.add_argument(
        "--also",
        action="append",
        default=[],
        metavar="OPTIONS",
        help="a further run with these options; repeatable",
    )
    options = parser.parse_args()
    found: dict[str, list[tuple[float, float]]] = {}
    for _ in range(options.runs):
        with tempfile.TemporaryDirectory() as folder:
            suite = ["claims/", "-n", options.workers, "--claims-report", f"{folder}/reports", "-q"]
            runs = {
                "cold, 16 seeds": (
                    [*suite, f"--claims-file={with_fixed_seeds(folder)}"],
                    f"{folder}/fixed",
                    (0, 1),
                ),
                "cold, as shipped": (suite, folder),
                "warm, as shipped": (suite, folder),
                "collect": (["claims/", "--collect-only", "-q"], folder),
                "pytest --version": (["--version"], folder),
            }
            runs |= {also: ([*suite, *shlex.split(also)], folder) for also in options.also}
            for name, arguments in runs.items():
                found.setdefault(name, []).append(timed(*arguments))
    print(f"{os.cpu_count()} cores, -n {options.workers}, {options.runs} runs")
    for name, pairs in found.items():
        seconds = [s for s, _ in pairs]
        print(
            f"{name:22s} median {statistics.median(seconds):6.2f} s   from "
            f"{min(seconds):.2f} to {max(seconds):.2f}   {max(m for _, m in pairs):5.0f} MiB"
        )


if __name__ == "__main__":
    main()
