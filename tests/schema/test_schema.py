"""claims.yaml to a Suite: memo 7A's entries, settings and `like`, what is not asked, and the JSON
Schema for editors.
"""

from __future__ import annotations

import json
import subprocess
import sys

import jsonschema
import pytest

from claims.execution.machine import Machine
from claims.language import ExpressionError
from claims.run import Run
from claims.schema import (
    ClaimFileError,
    NotAsked,
    Question,
    Seeds,
    Undescribed,
    load_suite,
    read_suite,
)
from claims.schema.json_schema import schema_text
from claims.schema.yaml_source import plain_scalar, read
from claims.store.entries import Store
from tests.support import ROOT

SUITES = [ROOT / "claims.yaml", *sorted(ROOT.glob("examples/*/claims.yaml"))]
SWEEP = """\
version: 1
experiments:
  sweep:
    kind: snapshot_sweep
    train: {lr: 1e-3, epochs: 100}
    snapshots: [5, 20, 100]
    probe: {lr: 0.015, credits: [dfa, vec, oracle]}
    settings:
      digits: {dataset: digits}
      short: {dataset: digits, snapshots: [5, 20], train: {epochs: 20}, probe: {credits: [dfa,vec]}}
  online:
    kind: online_training
    like: sweep
    train: {epochs: 40}
    takeover: [0, 20, never]
    settings:
      short: {takeover: [0, never]}
metrics:
  PUR: dL_held / dL_same
"""


@pytest.fixture
def suite_of(tmp_path):
    def load(text: str, name: str = "claims.yaml"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return load_suite(path)

    return load


def sweep(claims: str) -> str:
    return SWEEP + "claims:\n" + claims


# Memo 7A


@pytest.fixture(scope="module")
def memo():
    return load_suite(ROOT / "claims.yaml")


EXPRESSIONS = {
    "vec-lowers-heldout-early": "dL_held(vec, epoch=5) < 0",
    "oracle-lowers-heldout-early": "dL_held(oracle, epoch=5) < 0",
    "dfa-raises-heldout-early": "dL_held(dfa, epoch=5) > 0",
    "credit-quality-orders-heldout": "dL_held(oracle, epoch=5) < dL_held(vec, epoch=5) < "
    "dL_held(dfa, "
    "epoch=5)",
    "vec-transfers-seventy-percent": "approx(PUR(vec, epoch=5), 0.7, within=0.15)",
    "oracle-transfers-fully": "PUR(oracle, epoch=5) > 1",
    "early-beats-late": "dL_held(vec, epoch=5) < dL_held(vec, epoch=late)",
    "transfer-fades": "PUR(vec, epoch=5) > PUR(vec, epoch=late)",
    "window-closes": "dL_held(credit, epoch=late) > 0.2 * dL_held(oracle, epoch=5)",
    "vec-transfer-turns-negative": "PUR(vec, epoch=late) < 0",
    "vec-variance-far-below-dfa": "update_variance(vec, epoch=e) << update_variance(dfa, epoch=e), "
    "by "
    "10",
    "oracle-variance-far-below-dfa": "update_variance(oracle, epoch=e) << update_variance(dfa, "
    "epoch=e), "
    "by "
    "10",
    "variance-gap-is-fifty-fold": "approx(update_variance(dfa, epoch=e) / update_variance(vec, "
    "epoch=e), "
    "50, "
    "factor=2)",
    "better-credit-is-more-consistent": "noise_to_signal(credit, epoch=e) < noise_to_signal(dfa, "
    "epoch=e)",
    "dfa-never-improves-heldout": "never dL_held(dfa, epoch=e) < 0, margin 0.0005",
    "dfa-never-transfers": "never dL_held(dfa, epoch=e) < 0.1 * dL_held(oracle, epoch=e)",
    "dfa-sometimes-lowers-same-batch": "0.05 < descent_rate(dfa, epoch=e) < 0.95",
    "same-batch-exploitable": "dL_same(vec, epoch=e) < 0",
    "accuracy-grows": "accuracy(epoch=5) < accuracy(epoch=20) < accuracy(epoch=100)",
    "late-takeover-fails": "accuracy(takeover=20, epoch=40) < accuracy(takeover=never, epoch=40) + "
    "0.01",
    "vec-from-the-start-wins": "accuracy(takeover=0, epoch=40) > accuracy(takeover=other, "
    "epoch=40)",
    "shorter-warmup-is-better": "accuracy(takeover=0, epoch=10) > accuracy(takeover=other, "
    "epoch=10)",
    "averaging-does-not-reopen": "dL_held_averaged(vec, epoch=20) > 0.2 * dL_held(oracle, epoch=5)",
}
EPOCHS, LATE = {"e": (5, 20, 100)}, {"late": (20, 100)}
VARIABLES = {
    "early-beats-late": LATE,
    "transfer-fades": LATE,
    "window-closes": {"credit": ("dfa", "vec", "oracle"), **LATE},
    "vec-transfer-turns-negative": LATE,
    "better-credit-is-more-consistent": {"credit": ("vec", "oracle"), **EPOCHS},
    "vec-from-the-start-wins": {"other": ("never", 20)},
    "shorter-warmup-is-better": {"other": (1, 5, "never")},
    **dict.fromkeys(
        (
            "vec-variance-far-below-dfa",
            "oracle-variance-far-below-dfa",
            "variance-gap-is-fifty-fold",
            "dfa-never-improves-heldout",
            "dfa-never-transfers",
            "dfa-sometimes-lowers-same-batch",
            "same-batch-exploitable",
        ),
        EPOCHS,
    ),
}


def test_every_claim_of_the_memo_is_an_entry(memo):
    claims = {
        claim.id: claim
        for claim in memo.claims
        if claim.memo == "7A" and "control" not in claim.tags
    }
    assert {
        name: claim.expression.split(", for every")[0] for name, claim in claims.items()
    } == EXPRESSIONS
    assert {
        name: {k: tuple(v) for k, v in claim.for_every.items()}
        for name, claim in claims.items()
        if claim.for_every
    } == VARIABLES
    assert all(claim.where and claim.says for claim in claims.values())


def test_every_claim_can_be_asked_of_digits(memo):
    for claim in memo.claims:
        if "digits" in claim.spec.settings:
            assert isinstance(claim.ask("digits"), Question), claim.id


def test_what_is_expected_otherwise_than_supported_has_a_note(memo):
    for claim in memo.claims:
        words = (
            [claim.expected] if isinstance(claim.expected, str) else list(claim.expected.values())
        )
        assert claim.note or words == ["supported"] * len(words), claim.id


def test_the_memos_table_is_reported(memo):
    table = {figure.expression: figure.value for figure in memo.memos["7A"].reported}
    assert table == {
        "accuracy(epoch=5)": 0.49,
        "accuracy(epoch=20)": 0.57,
        "accuracy(epoch=100)": 0.62,
        "dL_held(dfa, epoch=5)": 0.003,
        "dL_held(dfa, epoch=20)": 0.001,
        "dL_held(dfa, epoch=100)": 0.0,
        "dL_held(vec, epoch=5)": -0.005,
        "dL_held(vec, epoch=20)": 0.002,
        "dL_held(vec, epoch=100)": 0.001,
        "dL_held(oracle, epoch=5)": -0.009,
        "dL_held(oracle, epoch=20)": 0.0,
        "dL_held(oracle, epoch=100)": -0.001,
        "PUR(vec, epoch=5)": 0.70,
        "PUR(vec, epoch=20)": -3.87,
        "PUR(vec, epoch=100)": -1.01,
        "PUR(oracle, epoch=5)": 1.05,
    }
    for figure in memo.memos["7A"].reported:
        asked = figure.ask("digits")
        assert len(asked.atoms) == 1 and len(asked.terms) == (
            2 if figure.expression.startswith("PUR") else 1
        )


def test_the_margin_of_never(memo):
    claim = next(claim for claim in memo.claims if claim.id == "dfa-never-improves-heldout")
    assert {(atom.lower, atom.upper) for atom in claim.ask("digits").atoms} == {
        (-0.0005, float("inf"))
    }


# Settings, `like`, what is not asked


def test_settings_override_what_they_name(suite_of):
    suite = suite_of(sweep("  a: {expect: 'dL_held(vec, epoch=5) < 0'}\n"))
    digits, short = suite.experiments["sweep"].settings.values()
    assert list(suite.experiments["sweep"].settings) == ["digits", "short"] and suite.settings == (
        "digits",
        "short",
    )
    assert digits["train"] == {"lr": 0.001, "epochs": 100} and isinstance(
        digits["train"]["lr"], float
    )
    assert short["train"] == {"lr": 0.001, "epochs": 20} and short["probe"] == {
        "lr": 0.015,
        "credits": ["dfa", "vec"],
    }


def test_like_takes_what_is_not_named_and_the_kind_has(suite_of):
    online = suite_of(sweep("  a: {expect: 'dL_held(vec, epoch=5) < 0'}\n")).experiments["online"]
    assert online.settings["digits"] == {
        "train": {"lr": 0.001, "epochs": 40},
        "takeover": [0, 20, "never"],
        "dataset": "digits",
    }
    assert (
        online.settings["short"]["takeover"] == [0, "never"]
        and online.settings["short"]["train"]["epochs"] == 40
    )
    assert online.experiment("digits") is online.experiment("digits")


def test_a_setting_of_the_parent_can_be_left_out(suite_of):
    suite = suite_of(
        sweep("  a: {expect: 'dL_held(vec, epoch=5) < 0'}\n").replace(
            "    like: sweep\n", "    like: sweep\n    without_settings: [digits]\n"
        )
    )
    assert list(suite.experiments["online"].settings) == ["short"] and list(
        suite.experiments["sweep"].settings
    ) == ["digits", "short"]


def test_a_setting_may_have_its_own_number_of_seeds(suite_of, tmp_path):
    text = sweep(
        "  a: {expect: 'dL_held(vec, epoch=5) < 0', seeds: {start: 8, step: 8, max: 32}}\n"
    )
    claim = suite_of(
        text.replace("metrics:", "defaults: {seeds: 12, seeds_in: {short: 6}}\nmetrics:")
    ).claims[0]
    assert claim.within("digits").seeds == Seeds(8, 8, 32) and claim.within("short").seeds == Seeds(
        6, 0, 6
    )
    run = Run(
        suite_of(text.replace("metrics:", "defaults: {seeds_in: {short: 6}}\nmetrics:")),
        ("digits", "short"),
        Machine(),
        Store(tmp_path),
    )
    assert [(setting, claim.seeds.start) for claim, setting in run.cases()] == [
        ("digits", 8),
        ("short", 6),
    ]


def test_an_experiment_without_settings_has_one(suite_of):
    text = sweep("  a: {expect: 'dL_held(vec, epoch=5) < 0'}\n").replace(
        "    settings:\n      digits: {dataset: digits}\n",
        "    dataset: digits\n    settings:\n",
        1,
    )
    plain = text[: text.index("    settings:\n      short")] + text[text.index("  online:") :]
    assert list(suite_of(plain).experiments["sweep"].settings) == ["default"]


def test_a_label_that_only_another_setting_has_is_not_asked(suite_of):
    suite = suite_of(
        sweep(
            "  late: {expect: 'PUR(vec, epoch=late) < 0', for_every: {late: [20, 100]}}\n"
            "  oracle: {expect: 'dL_held(oracle, epoch=5) < 0'}\n  both: {expect: "
            "'dL_held(vec, epoch=20) < 0'}\n"
        )
    )
    late, oracle, both = suite.claims
    assert all(isinstance(claim.ask("digits"), Question) for claim in suite.claims)
    assert "100" in late.ask("short").reason and "oracle" in oracle.ask("short").reason
    assert isinstance(both.ask("short"), Question)


def test_a_label_that_only_the_experiment_before_its_settings_has_is_not_asked(suite_of):
    text = sweep("  a: {expect: 'dL_held(vec, epoch=100) < 0'}\n").replace(
        "      digits: {dataset: digits}\n", ""
    )
    claim = suite_of(text).claims[0]
    assert isinstance(claim.ask("short"), NotAsked)


def test_what_is_inherited_counts_as_the_experiments_own_before_its_settings(suite_of):
    text = sweep("  a: {experiment: online, expect: 'loss(takeover=20, epoch=40) < 1'}\n")
    one_arm = (
        "    like: sweep\n    train: {epochs: 40}\n    takeover: [0, 20, never]\n    "
        "settings:\n      digits: {takeover: [0, never]}\n"
    )
    claim = suite_of(
        text.replace(
            "    like: sweep\n    train: {epochs: 40}\n    takeover: [0, 20, never]\n    "
            "settings:\n",
            one_arm,
        )
    ).claims[0]
    assert all("20" in claim.ask(setting).reason for setting in ("digits", "short"))


def test_a_label_that_no_setting_has_is_an_error(suite_of):
    with pytest.raises(ClaimFileError, match="no label 50"):
        suite_of(sweep("  a: {expect: 'dL_held(vec, epoch=50) < 0'}\n"))


def test_an_error_of_an_inherited_option_is_told_where_it_is_written(suite_of):
    with pytest.raises(ClaimFileError) as caught:
        suite_of(
            sweep("  a: {expect: 'dL_held(vec, epoch=5) < 0'}\n").replace("lr: 1e-3", "lr: -1")
        )
    assert {(p.line, p.column) for p in caught.value.problems} == {(5, 17)}


def test_expected_by_setting(suite_of):
    suite = suite_of(
        sweep(
            "  a: {expect: 'dL_held(vec, epoch=5) < 0'}\n"
            "  b: {expect: 'dL_held(vec, epoch=5) < 0', expected: refuted, note: why}\n"
            "  c: {expect: 'dL_held(vec, epoch=5) < 0', expected: {short: inconclusive}, "
            "note: why}\n"
        )
    )
    assert [
        [claim.expected_in(setting) for setting in ("digits", "short")] for claim in suite.claims
    ] == [["supported", "supported"], ["refuted", "refuted"], [None, "inconclusive"]]


def test_seeds_confidence_tags_and_lines(suite_of):
    suite = suite_of(
        sweep(
            "  a: {expect: 'dL_held(vec, epoch=5) < 0'}\n"
            "  b: {expect: 'dL_held(vec, epoch=5) < 0', seeds: 8, confidence: 0.9, tags: [x, y]}\n"
            "  c: {expect: 'dL_held(vec, epoch=5) < 0', seeds: {start: 8, step: 8, max: 30}}\n"
        )
        + "defaults: {seeds: 12}\n"
    )
    a, b, c = suite.claims
    assert (a.seeds, b.seeds, c.seeds) == (Seeds(12, 0, 12), Seeds(8, 0, 8), Seeds(8, 8, 30))
    assert (a.seeds.looks, c.seeds.looks) == ((12,), (8, 16, 24, 30))
    assert (a.confidence, b.confidence, b.tags) == (0.95, 0.9, ("x", "y"))
    assert [claim.line for claim in suite.claims] == [21, 22, 23]


def test_a_kind_that_does_not_describe_itself_is_asked_with_what_it_measured(tmp_path, suite_of):
    (tmp_path / "silent_kind.py").write_text(
        "class Silent:\n    def __init__(self): pass\n    def measure(self, seeds, device): ...\n"
    )
    suite = suite_of(
        "version: 1\nexperiments: {mine: {kind: 'silent_kind:Silent'}}\nclaims: {a: "
        "{expect: 'speed(fast) > 0'}}\n"
    )
    claim = suite.claims[0]
    with pytest.raises(Undescribed):
        claim.ask("default")
    assert (
        str(claim.ask("default", {"speed": {"gear": ("fast", "slow")}}).terms[0])
        == "speed(gear=fast)"
    )
    with pytest.raises(ExpressionError, match="no label|has the label"):
        claim.ask("default", {"speed": {"gear": ("slow",)}})


@pytest.mark.parametrize(
    "body", ["def describe(self): raise RuntimeError('broken')", "def describe(self): return 5"]
)
def test_a_kind_that_breaks_is_told_and_not_raised(tmp_path, suite_of, body):
    name = f"broken_kind_{abs(hash(body)) % 10**6}"
    (tmp_path / f"{name}.py").write_text(
        f"class Broken:\n    def __init__(self): pass\n    {body}\n"
    )
    with pytest.raises(ClaimFileError, match="cannot describe its results"):
        suite_of(
            f"version: 1\nexperiments: {{mine: {{kind: '{name}:Broken'}}}}\nclaims: {{a: "
            f"{{expect: speed > 0}}}}\n"
        )


# YAML as it is read


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 1e-3),
        ("1E5", 1e5),
        ("-.5", -0.5),
        ("3.", 3.0),
        ("12", 12),
        ("+7", 7),
        ("no", "no"),
        ("on", "on"),
        ("2026-03-25", "2026-03-25"),
        ("1:30", "1:30"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        ("true", True),
        ("null", None),
        ("~", None),
        ("", None),
        ("7A", "7A"),
        ("e5", "e5"),
    ],
)
def test_scalars_are_read_as_a_person_means_them(text, value):
    assert plain_scalar(text) == value and type(plain_scalar(text)) is type(value)


def test_quotes_make_texts(tmp_path):
    (tmp_path / "a.yaml").write_text("a: '5'\nb: \"true\"\nc: 5\n")
    assert read(tmp_path / "a.yaml").root.data() == {"a": "5", "b": "true", "c": 5}


def test_windows_lines_and_a_byte_order_mark_are_read(tmp_path, suite_of):
    text = sweep("  a: {expect: 'dL_held(vec, epoch=5) < 0'}\n")
    path = tmp_path / "w.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert len(load_suite(path).claims) == 1


# The JSON Schema


def test_the_committed_json_schema_is_what_the_models_say():
    committed = (ROOT / "claims" / "schema.json").read_text(encoding="utf-8")
    assert committed == schema_text(), "claims/schema.json is stale: run `python -m claims schema`"


@pytest.fixture(scope="module")
def validator():
    schema = json.loads(schema_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("path", SUITES, ids=lambda path: path.parent.name)
def test_committed_claim_files_satisfy_the_json_schema(validator, path):
    assert not list(validator.iter_errors(read(path).root.data()))
    assert not read_suite(path).problems
    assert "yaml-language-server: $schema=" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"claims": {}},
        {"claims": {"a": {"says": "x"}}},
        {"claims": {"a": {"expect": "x < 0", "never": "x < 0"}}},
        {"claims": {"a": {"expect": "x < 0", "expected": "error"}}},
        {"claims": {"a": {"expect": "x < 0", "memo": "7A"}}},
        {"claims": {"a": {"expect": "x < 0", "by": 1}}},
        {"claims": {"a": {"expect": "x < 0", "exspect": 1}}},
        {"experiments": {"sweep": {"kind": "snapshot_sweep", "snapshot": [5]}}},
        {"experiments": {"sweep": {"kind": "nonsense"}}},
        {"experiments": {"sweep": {"kind": "snapshot_sweep", "probe": {"lrr": 1}}}},
        {"experiments": {"sweep": {}}},
        {
            "experiments": {
                "sweep": {"kind": "snapshot_sweep", "settings": {"digits": {"datasett": "digits"}}}
            }
        },
    ],
)
def test_the_json_schema_refuses_mistakes(validator, change):
    data = read(ROOT / "claims.yaml").root.data() | change
    assert list(validator.iter_errors(data))


# Speed


def test_a_suite_is_loaded_without_heavy_imports():
    code = (
        "import sys; from claims.schema import load_suite; load_suite('claims.yaml'); "
        "print([name for name in ('torch', 'pandas', 'xarray', 'scipy', 'sklearn', "
        "'ruamel', 'rich') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("expression", ["loss(epoch=5) > -1", "update_variance(vec, epoch=5) > -1"])
def test_what_the_sweep_can_only_measure_as_positive_is_known(tmp_path, expression):
    path = tmp_path / "claims.yaml"
    path.write_text(SWEEP + f'claims:\n  one: {{expect: "{expression}"}}\n', encoding="utf-8")
    with pytest.raises(ClaimFileError, match="can never be false"):
        load_suite(path)
    path.write_text(
        SWEEP + 'claims:\n  one: {experiment: online, expect: "loss(takeover=0, epoch=5) < 0"}\n',
        encoding="utf-8",
    )
    with pytest.raises(ClaimFileError, match="can never be true"):
        load_suite(path)


def test_labels_described_in_single_precision_are_the_numbers_that_were_written(tmp_path):
    (tmp_path / "single_kind.py").write_text("""import numpy
class Single:
    def describe(self):
        return {"m": {"lr": numpy.array([0.1, 0.3], "float32")}}
""")
    path = tmp_path / "claims.yaml"
    path.write_text(
        'version: 1\nexperiments: {e: {kind: "single_kind:Single"}}\nclaims: {one: '
        '{expect: "m(lr=0.1) < m(lr=0.3)"}}\n'
    )
    assert [str(term) for term in load_suite(path).claims[0].ask("default").terms] == [
        "m(lr=0.1)",
        "m(lr=0.3)",
    ]
