"""Experiments of a claim file: settings, `like`, kinds that describe themselves, and errors."""

from __future__ import annotations

import pytest

from claims.schema import ClaimFileError, load_suite
from tests.support.claim_files import ROWS, assert_one_located_screen, claim, malformed, sweep

FILES = {
    "kind unknown": (
        claim("dL(vec, epoch=5) < 0").replace("kind: recorded", "kind: recordd"),
        "is no kind of experiment",
    ),
    "kind not importable": (
        claim("dL(vec, epoch=5) < 0").replace("kind: recorded", "kind: no_such:Thing"),
        "cannot be imported",
    ),
    "kind missing": (
        claim("dL(vec, epoch=5) < 0").replace("    kind: recorded\n", ""),
        "names no `kind`",
    ),
    "option misspelt": (
        claim("dL(vec, epoch=5) < 0").replace("replicate:", "replicat:"),
        "did you mean `replicate`",
    ),
    "option of a wrong type": (
        claim("dL(vec, epoch=5) < 0").replace("[credit, epoch]", "credit"),
        "conditions",
    ),
    "setting misspells": (
        claim("dL(vec, epoch=5) < 0").replace("main: {}", "main: {fil: x.csv}"),
        "did you mean `file`",
    ),
    "file missing": (
        claim("dL(vec, epoch=5) < 0").replace("lab.csv", "lob.csv"),
        "there is no file `lob.csv`",
    ),
    "like nothing": (
        claim("dL(vec, epoch=5) < 0").replace(
            "experiments:\n", "experiments:\n  b: {like: labb}\n"
        ),
        "did you mean `lab`",
    ),
    "like itself": (
        claim("dL(vec, epoch=5) < 0").replace("experiments:\n", "experiments:\n  b: {like: b}\n"),
        "like itself",
    ),
    "like in a circle": (
        claim("dL(vec, epoch=5) < 0").replace(
            "experiments:\n", "experiments:\n  b: {like: c}\n  c: {like: b}\n"
        ),
        "like itself",
    ),
    "left out of nothing": (
        claim("dL(vec, epoch=5) < 0").replace(
            "experiments:\n", "experiments:\n  b: {like: lab, without_settings: [mian]}\n"
        ),
        "did you mean `main`",
    ),
    "conditions without a column": (
        claim("dL(vec, epoch=5) < 0").replace("[accuracy, dL]", "[]"),
        "must have at least 1 in it",
    ),
}
CASES = [*malformed(FILES)]


@pytest.mark.parametrize(("text", "phrase"), CASES)
def test_a_malformed_file_is_one_located_screen(write, text, phrase):
    assert_one_located_screen(write(text), phrase)


def test_settings_override_what_they_name(suite_of):
    suite = suite_of(sweep("  a: {expect: 'dL_held(vec, epoch=5) < 0'}\n"))
    digits, short = suite.experiments["sweep"].settings.values()
    assert list(suite.experiments["sweep"].settings) == ["digits", "short"]
    assert suite.settings == (
        "digits",
        "short",
    )
    assert digits["train"] == {"lr": 0.001, "epochs": 100}
    assert isinstance(digits["train"]["lr"], float)
    assert short["train"] == {"lr": 0.001, "epochs": 20}
    assert short["probe"] == {
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
    assert online.settings["short"]["takeover"] == [0, "never"]
    assert online.settings["short"]["train"]["epochs"] == 40
    assert online.experiment("digits") is online.experiment("digits")


def test_a_setting_of_the_parent_can_be_left_out(suite_of):
    suite = suite_of(
        sweep("  a: {expect: 'dL_held(vec, epoch=5) < 0'}\n").replace(
            "    like: sweep\n", "    like: sweep\n    without_settings: [digits]\n"
        )
    )
    assert list(suite.experiments["online"].settings) == ["short"]
    assert list(suite.experiments["sweep"].settings) == ["digits", "short"]


def test_an_experiment_without_settings_has_one(suite_of):
    text = sweep("  a: {expect: 'dL_held(vec, epoch=5) < 0'}\n").replace(
        "    settings:\n      digits: {dataset: digits}\n",
        "    dataset: digits\n    settings:\n",
        1,
    )
    plain = text[: text.index("    settings:\n      short")] + text[text.index("  online:") :]
    assert list(suite_of(plain).experiments["sweep"].settings) == ["default"]


def test_an_error_of_an_inherited_option_is_placed_where_it_is_written(suite_of):
    with pytest.raises(ClaimFileError) as caught:
        suite_of(
            sweep("  a: {expect: 'dL_held(vec, epoch=5) < 0'}\n").replace("lr: 1e-3", "lr: -1")
        )
    assert {(p.line, p.column) for p in caught.value.problems} == {(5, 17)}


@pytest.mark.parametrize(
    "body", ["def describe(self): raise RuntimeError('broken')", "def describe(self): return 5"]
)
def test_a_kind_that_breaks_is_a_problem_and_not_raised(tmp_path, suite_of, body):
    name = f"broken_kind_{abs(hash(body)) % 10**6}"
    (tmp_path / f"{name}.py").write_text(
        f"import claims\n\nclass Broken(claims.Experiment):\n    {body}\n"
        "    def measure(self, seeds, context): ...\n"
    )
    with pytest.raises(ClaimFileError, match="cannot describe its results"):
        suite_of(
            f"version: 1\nexperiments: {{mine: {{kind: '{name}:Broken'}}}}\nclaims: {{a: "
            f"{{expect: speed > 0}}}}\n"
        )


def test_labels_described_in_single_precision_are_the_numbers_that_were_written(tmp_path):
    (tmp_path / "single_kind.py").write_text("""import claims, numpy
class Single(claims.Experiment):
    def measure(self, seeds, context): ...
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


def test_rows_at_fault_do_not_blame_the_files_name(write):
    path = write(claim("dL(vec, epoch=5) < 0"))
    (path.parent / "lab.csv").write_text("\n".join([*ROWS, ROWS[1]]) + "\n", encoding="utf-8")
    with pytest.raises(ClaimFileError, match="repeats row") as caught:
        load_suite(path)
    assert "not 'lab.csv'" not in str(caught.value)


RECORDED = "experiments: {e: {kind: %s}}\nclaims: {c: {expect: m > 0}}\n"


def test_an_unknown_short_name_is_answered_with_the_line_that_declares_it(suite_of):
    with pytest.raises(
        ClaimFileError, match=r"claims.yaml:2:25: error: `sweep` is no kind"
    ) as caught:
        suite_of("version: 1\n" + RECORDED % "sweep")
    assert "`kinds: {sweep: package.module:Class}`" in " ".join(str(caught.value).split())


@pytest.mark.parametrize(
    ("kinds", "place", "message"),
    [
        ("{sweep: models.sweep}", "2:16", "names no class; write package.module:Class"),
        ("{recorded: 'a.b:C'}", "2:9", "`recorded` is a kind of the tool's own"),
        (
            "{sweep: 'nowhere.module:Sweep'}",
            "3:25",
            "cannot be imported: No module named 'nowhere'",
        ),
        ("{sweep: 'textwrap:dedent'}", "3:25", "is no experiment: let the class inherit from"),
        ("{sweep: 'abstract_kind:Half'}", "3:25", "does not define `measure`"),
    ],
)
def test_wrong_kinds_are_problems_with_their_place(tmp_path, suite_of, kinds, place, message):
    text = "import claims\n\nclass Half(claims.Experiment):\n    pass\n"
    (tmp_path / "abstract_kind.py").write_text(text)
    with pytest.raises(ClaimFileError) as caught:
        suite_of(f"version: 1\nkinds: {kinds}\n" + RECORDED % "sweep")
    said = " ".join(str(caught.value).split())
    assert f"claims.yaml:{place}: error: " in said and message in said


def test_a_short_name_and_its_class_are_one_kind(suite_of):
    from tests.support.experiments import DECLARED, KINDS

    options = "dataset: digits, probe: {lr: 0.02}"
    text = (
        f"version: 1\n{DECLARED}experiments:\n  short: {{kind: snapshot_sweep, {options}}}\n"
        f"  long: {{kind: '{KINDS['snapshot_sweep']}', {options}}}\n"
        "claims: {c: {expect: loss(epoch=5) > 0.1}}\n"
    )
    short, long = suite_of(text).experiments.values()
    assert short.kind == "snapshot_sweep" and short.target == long.target == long.kind
    assert short.experiment("default").identity() == long.experiment("default").identity()
