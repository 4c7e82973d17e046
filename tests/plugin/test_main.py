"""A run of claims end to end: a cheap experiment of one's own, judged by the real suite."""

import pytest

from claims.result_file import VERSION
from tests.support import ROOT
from tests.support.coin import GOOD, measured


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "two workers"])
def test_claims_are_judged_and_recorded(suite, pytester, workers):
    result = suite(GOOD, *workers)
    result.assert_outcomes(passed=3)
    assert sorted(measured(pytester)) == list(range(8))  # each seed once, whoever asked
    assert {name: c["verdict"] for name, c in result.claims.items()} == {
        "positive@first": "supported",
        "ordered@first": "supported",
        "tiny@first": "refuted",
    }
    tiny = result.claims["tiny@first"]
    assert tiny["low"] < tiny["estimate"] < tiny["high"]
    assert tiny["threshold"] == 0.5
    assert tiny["n_seeds"] == 8
    assert tiny["terms"]["gain(level=a)"].__len__() == 8 and tiny["p_holm"] >= tiny["p_value"] > 0.5
    assert result.claims["positive@first"]["p_value"] <= 0.025
    assert not result.file["partial"] and result.file["version"] == VERSION
    row = result.file["memos"]["M"]["reported"][0]
    assert row["value"] == 0.9 and row["low"] < row["estimate"] < row["high"]
    text = result.stdout.str()
    assert "supported" in text and "refuted" in text and "3 claims" in text


def test_the_number_of_workers_does_not_change_a_digit(suite, pytester):
    results = []
    for workers in ("0", "2", "4"):
        claims = suite(GOOD, "-n", workers, "--claims-fresh").claims
        results.append(
            {name: {k: v for k, v in c.items() if k != "elapsed_s"} for name, c in claims.items()}
        )
    assert results[0] == results[1] == results[2]
    assert len(measured(pytester)) == 24
    assert not (pytester.path / "store").exists(), "--claims-fresh leaves the store alone"


def test_metrics_of_one_number_a_seed_are_judged_fresh_and_from_the_store(suite, pytester):
    claims = """
      number: {says: Half are heads., expect: "approx(heads, 0.5, within=0.2)"}
      truth: {says: Most are won., expect: won > 0.3, seeds: 24}
    """
    for _ in range(2):
        result = suite(claims)
        result.assert_outcomes(passed=2)
        assert {c["verdict"] for c in result.claims.values()} == {"supported"}
        assert set(result.claims["truth@first"]["terms"]["won"]) <= {0.0, 1.0}
    assert sorted(measured(pytester)) == list(range(24))


@pytest.mark.parametrize(
    ("also", "kept"),
    [((), False), (("tests/test_layering.py",), True)],
    ids=["claims alone", "tests too"],
)
def test_hypothesis_is_not_waited_for_where_only_claims_are_asked_for(pytester, also, kept):
    (pytester.path / "told.py").write_text(
        "def pytest_collection_finish(session):\n    print('has', "
        "session.config.pluginmanager.has_plugin('hypothesispytest'))\n"
    )
    result = pytester.runpytest_subprocess(
        f"--rootdir={ROOT}",
        "-c",
        str(ROOT / "pyproject.toml"),
        str(ROOT / "claims"),
        *(str(ROOT / a) for a in also),
        "--collect-only",
        "-q",
        "-p",
        "told",
        "-p",
        "no:cacheprovider",
        timeout=120,
    )
    assert result.ret == 0
    result.stdout.fnmatch_lines([f"*has {kept}*"])


def test_tags_select(suite):
    suite(GOOD, "-m", "early").assert_outcomes(passed=1, deselected=2)


def test_seed_base_moves_the_seeds(suite, pytester):
    assert suite(GOOD, "--claims-seed-base=100").claims["tiny@first"]["seeds"] == list(
        range(100, 108)
    )
    assert sorted(measured(pytester)) == list(range(100, 108))


def test_sequential_seeds_stop_at_the_first_decisive_look(suite, pytester):
    result = suite("""
      clear: {says: A gains., expect: gain(a) > 0, seeds: {start: 8, step: 8, max: 32}}
      close: {says: A gains 0.95., expect: gain(a) > 0.95, seeds: {start: 8, step: 8, max: 32}}
    """)
    clear, close = result.claims["clear@first"], result.claims["close@first"]
    assert clear["n_seeds"] == 8 and close["n_seeds"] in (16, 24, 32)
    # earlier seeds are not measured again
    assert sorted(measured(pytester)) == list(range(close["n_seeds"]))
