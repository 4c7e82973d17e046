"""The reports of `--claims-variants`."""

import re

from claims.execution.machine import Machine
from claims.report.variants import markdown, page
from claims.run import Run
from claims.store.entries import Store
from claims.variants import VariantResult, VariantRow, variant_cases
from claims.variants_results import variants_results_of
from tests.support.variants import CLAIMS, load_sweep


def judged(run):
    """The experiments of a run with the same verdicts under every variant."""
    results = {
        case.name: VariantResult(
            case.name,
            (
                VariantRow("falls", "supported", "", False, "x", 1.0, 0.5, 1.5, 0.0),
                VariantRow("helps", "refuted", "", False, "x", 1.0),
            ),
        )
        for case in variant_cases(run)
    }
    return variants_results_of(run, results).experiments


def test_text_in_a_claim_stays_text(tmp_path):
    evil = "<script>alert(1)</script> | `x` **b**"
    claims = CLAIMS.replace("falls: {", f"falls: {{says: '{evil}', ")
    run = Run(
        load_sweep(
            tmp_path,
            "  sweep: {choices: {train.schedule: [cosine], probe.lr: [0.3]}, sample: 1}\n",
            claims,
        ),
        (),
        Machine(),
        Store(tmp_path / "store"),
    )
    experiments = judged(run)
    html = page(experiments, {"created": "<b>2026</b>"}, True)
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert "<b>2026" not in html
    assert "Partial" in html
    assert html.count('<section class="claim') == 2
    assert len(re.findall(r'id="([^"]+)"', html)) == len(set(re.findall(r'id="([^"]+)"', html)))
    assert "**falls**" in markdown(experiments, False)
    assert "Partial" not in markdown(experiments, False)
