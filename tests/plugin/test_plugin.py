"""The plugin end to end: a cheap experiment of one's own, judged by the real suite in a process of
its own.
"""

import pytest

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
    assert (
        tiny["low"] < tiny["estimate"] < tiny["high"]
        and tiny["threshold"] == 0.5
        and tiny["n_seeds"] == 8
    )
    assert tiny["terms"]["gain(level=a)"].__len__() == 8 and tiny["p_holm"] >= tiny["p_value"] > 0.5
    assert result.claims["positive@first"]["p_value"] <= 0.025
    assert not result.file["partial"] and result.file["version"] == 1
    row = result.file["memos"]["M"]["reported"][0]
    assert row["value"] == 0.9 and row["low"] < row["estimate"] < row["high"]
    text = result.stdout.str()
    assert "supported" in text and "refuted" in text and "3 claims" in text


def test_the_result_file_has_the_fields_of_the_contract(suite):
    claim = suite(GOOD).claims["ordered@first"]
    contract = """id memo where says expression experiment setting expected
        verdict outcome estimate low high threshold confidence method p_value p_holm n_seeds seeds
        seeds_needed replication_probability false_positive_rate note elapsed_s settings_digest
        source_digest atoms
        terms"""
    assert set(contract.split()) <= set(claim)
    assert set(
        ["expression", "bindings", "estimate", "low", "high", "threshold", "p_value", "verdict"]
    ) <= set(claim["atoms"][0])


def test_the_number_of_workers_does_not_change_a_digit(suite, pytester):
    results = []
    for workers in ("0", "2", "4"):
        claims = suite(GOOD, "-n", workers, "--fresh").claims
        results.append(
            {name: {k: v for k, v in c.items() if k != "elapsed_s"} for name, c in claims.items()}
        )
    assert results[0] == results[1] == results[2]
    assert (
        len(measured(pytester)) == 24 and not (pytester.path / "store").exists()
    )  # --fresh leaves the store alone


def test_what_is_not_as_expected_fails_with_its_reason(suite):
    result = suite("""
      wrong: {says: A loses., expect: gain(a) < 0}
      open: {says: About one., expect: gain(a) > 1}
      unrecorded: {says: A gains., expect: gain(a) > 0, expected: {shifted: supported}}
    """)
    result.assert_outcomes(failed=3)
    text = " ".join(result.stdout.str().split())
    assert "`wrong` came out refuted; expected supported." in text and "against 0" in text
    assert (
        "`open` came out inconclusive; expected supported." in text
        and "seeds would decide it with 90 % chance" in text
    )
    assert "no verdict is recorded for setting first" in text
    assert result.claims["open@first"]["seeds_needed"] > 8


def test_inconclusive_can_be_softened(suite):
    claims = (
        "\n  open: {says: About one., expect: gain(a) > 1}\n  wrong: {says: A loses., expect: "
        "gain(a) < 0}\n"
    )
    suite(claims, "--inconclusive=warn").assert_outcomes(passed=1, failed=1, warnings=1)


def test_not_asked_is_counted_with_its_reason(suite):
    result = suite(GOOD, "--setting=short")
    result.stdout.fnmatch_lines(["*not asked*ordered*has no b in this setting*"])
    assert (
        result.claims["ordered@short"]["outcome"] == "not_asked"
        and result.claims["ordered@short"]["verdict"] is None
    )


def test_settings_are_judged_side_by_side(suite):
    result = suite(GOOD, "--setting=first", "--setting=shifted", "-k", "ordered", "-v")
    result.assert_outcomes(passed=2, deselected=4)
    result.stdout.fnmatch_lines(["*test_claim?ordered? *", "*test_claim?ordered@shifted? *"])
    assert set(result.claims) == {"ordered@first", "ordered@shifted"} and result.file["partial"]


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "two workers"])
def test_divergence_is_an_error_and_never_a_refutation(suite, workers):
    result = suite(
        "\n  one: {experiment: broken, says: A loses., expect: gain(a) < 0, expected: "
        "refuted, note: n}\n",
        *workers,
    )
    result.assert_outcomes(failed=1)
    claim = result.claims["one@default"]
    assert claim["verdict"] == "error" and claim["outcome"] == "error" and claim["estimate"] is None
    assert "epoch 7 in seed 3" in result.stdout.str()


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


def test_a_kind_that_stops_the_process_is_an_error_of_its_claims_alone(suite):
    result = suite("""
      stopped: {experiment: stopping, says: A gains., expect: gain(a) > 0}
      again: {experiment: stopping, says: B gains., expect: gain(b) > 0}
      fine: {says: A gains., expect: gain(a) > 0}
    """)
    result.assert_outcomes(passed=1, failed=2)
    assert (
        result.claims["stopped@default"]["reason"]
        == result.claims["again@default"]["reason"]
        == "SystemExit: out of coins"
    )


@pytest.mark.parametrize("folder", ["taken", "taken/below"])
@pytest.mark.parametrize("option", ["report-dir", "history"])
def test_reports_that_could_not_be_written_are_told_before_anything_is_measured(
    suite, pytester, option, folder
):
    (pytester.path / "taken").write_text("a file")
    result = suite(GOOD, f"--{option}={folder}")
    assert result.ret == 4 and not measured(pytester)
    result.stderr.fnmatch_lines([f"*`--{option}={folder}`: *taken is a file; name a folder*"])


def test_a_folder_is_no_claim_file(suite, pytester):
    result = suite(GOOD, file=str(pytester.path))
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*is a folder; name a file in it with --claims-file=F*"])


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
    assert suite(GOOD, "--seed-base=100").claims["tiny@first"]["seeds"] == list(range(100, 108))
    assert sorted(measured(pytester)) == list(range(100, 108))


def test_sequential_seeds_stop_at_the_first_decisive_look(suite, pytester):
    result = suite("""
      clear: {says: A gains., expect: gain(a) > 0, seeds: {start: 8, step: 8, max: 32}}
      close: {says: A gains 0.95., expect: gain(a) > 0.95, seeds: {start: 8, step: 8, max: 32}}
    """)
    clear, close = result.claims["clear@first"], result.claims["close@first"]
    assert clear["n_seeds"] == 8 and close["n_seeds"] in (16, 24, 32)
    assert sorted(measured(pytester)) == list(
        range(close["n_seeds"])
    )  # earlier seeds are not measured again


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "two workers"])
@pytest.mark.parametrize(
    ("claims", "options", "message"),
    [
        (None, {}, "does not exist; name another with --claims-file"),
        (
            "\n  one: {says: s, expect: gain(c) > 0}\n",
            {},
            "claims.yaml:*no dimension of `gain` has the label c",
        ),
        ("\n  one: {says: s, expect: loss(a) > 0}\n", {}, "no metric is called `loss`"),
        ("\n  one: {says: s, experiment: coins, expect: gain(a) > 0}\n", {}, "coins"),
        ("\n  one: [\n", {}, "claims.yaml:"),
        (
            GOOD,
            {"--setting": "shfted"},
            "no experiment of claims.yaml has that setting; did you mean shifted?",
        ),
        (GOOD, {"--device": "tpu"}, "`--device` is 'tpu'; allowed: auto, cpu, cuda"),
        (GOOD, {"--seed-base": "-5"}, "`--seed-base` is -5; allowed: 0 or more"),
    ],
    ids=["missing", "label", "metric", "experiment", "syntax", "setting", "device", "seed base"],
)
def test_bad_input_is_one_clean_usage_error(suite, claims, options, message, workers):
    result = suite(claims, *(f"{k}={v}" for k, v in options.items()), *workers)
    assert result.ret == 4
    errors = result.stderr.str()
    result.stderr.fnmatch_lines([f"*{message}*"])
    assert (
        "Traceback" not in errors + result.stdout.str()
        and "INTERNALERROR" not in errors + result.stdout.str()
    )
    assert len(errors.strip().splitlines()) < 20


def test_cuda_where_there_is_none_is_a_usage_error(suite):
    import torch

    if torch.cuda.is_available():
        assert suite(GOOD, "--device=cuda").ret == 0
    else:
        result = suite(GOOD, "--device=cuda")
        assert result.ret == 4
        result.stderr.fnmatch_lines(["*sees no GPU; use --device cpu*"])


def test_a_broken_claim_file_does_not_disturb_other_tests(pytester):
    (pytester.path / "broken.yaml").write_text("claims: [")
    result = pytester.runpytest_subprocess(
        f"--rootdir={ROOT}",
        "-c",
        str(ROOT / "pyproject.toml"),
        str(ROOT / "tests" / "test_layering.py"),
        "--collect-only",
        "-q",
        f"--claims-file={pytester.path / 'broken.yaml'}",
        "-p",
        "no:cacheprovider",
    )
    assert result.ret == 0
