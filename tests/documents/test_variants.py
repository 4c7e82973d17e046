"""docs/variants.md and the variants of this repository's claim file."""

import re

import pytest

from claims.schema import load_suite
from claims.schema.entries import VariantsEntry
from claims.schema.variants import settings_by_path
from tests.support import ROOT


def test_the_memos_own_choices_span_what_was_asked():
    suite = load_suite(ROOT / "claims.yaml")
    found = suite.variants["sweep"]
    steps, own = (
        found.choices["probe.lr"],
        settings_by_path(suite.experiments["sweep"], "digits")["probe.lr"],
    )
    assert min(steps) == pytest.approx(own / 10)
    assert max(steps) == pytest.approx(own * 10)
    assert own not in steps
    assert set(found.choices["train.credit"]) == {"oracle", "vec"}
    assert found.sample == 30
    asked = {
        "network.width",
        "network.residual",
        "network.activation",
        "feedback.scale",
        "probe.credit_scale",
        "probe.blocks",
        "probe.batch",
        "probe.steps",
        "probe.fit_batches",
    }
    assert asked < set(found.choices)


def test_the_page_on_variants_states_some_that_load(tmp_path):
    page = (ROOT / "docs" / "variants.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```yaml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    own = re.sub(
        r"^variants:.*?(?=^\w+:)",
        "",
        (ROOT / "claims.yaml").read_text(encoding="utf-8"),
        flags=re.MULTILINE | re.DOTALL,
    )
    (tmp_path / "claims.yaml").write_text(own + block, encoding="utf-8")
    assert load_suite(tmp_path / "claims.yaml").variants["sweep"].sample_seed == 7
    for key in VariantsEntry.model_fields:
        assert f"| `{key}` |" in page
