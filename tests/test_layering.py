"""Who may know whom: the tool knows no experiment, experiments know the extension interface alone,
and nothing on the way to collected items imports what takes long.
"""

import ast
import graphlib
import subprocess
import sys

import pytest

from tests.support import ROOT

ROOMS = ("benchmarks", "claims", "models")
HEAVY = ("torch", "xarray", "pandas", "scipy", "sklearn", "matplotlib", "ray")


def imported(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def modules(*folders):
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def name_of(path):
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", modules("claims"), ids=name_of)
def test_the_tool_knows_neither_the_experiments_nor_their_libraries(path):
    outside = ("models", "benchmarks", "examples", "tests", "torch", "sklearn", "pooch", "PIL")
    assert not [name for name in imported(path) if name.split(".")[0] in outside]


@pytest.mark.parametrize("path", modules("models"), ids=name_of)
def test_models_use_the_extension_interface_and_nothing_else_of_the_tool(path):
    from claims import experiments

    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            assert not [a.name for a in node.names if a.name.split(".")[0] == "claims"]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "claims":
            assert node.module == "claims.experiments"
            assert {alias.name for alias in node.names} <= set(experiments.__all__)


def test_no_module_imports_itself_by_way_of_others():
    """Imports inside functions and for types count too. Importing a package for one of its modules
    is an import of that module.
    """
    paths = {name_of(path).removesuffix(".py").replace("/", "."): path for path in modules(*ROOMS)}
    paths = {name.removesuffix(".__init__"): path for name, path in paths.items()}
    graph = {}
    for name, path in paths.items():
        froms = [node for node in ast.walk(ast.parse(path.read_text())) if hasattr(node, "module")]
        named = {(node.module, alias.name) for node in froms for alias in node.names}
        within = {f"{module}.{part}" for module, part in named} & paths.keys()
        packages = {module for module, part in named if f"{module}.{part}" not in paths}
        graph[name] = (within | packages) & paths.keys() - {name}
    assert len(graph) > 150 and sum(map(len, graph.values())) > 400  # it was read
    graphlib.TopologicalSorter(graph).prepare()  # raises CycleError


def test_no_line_is_longer_than_100_columns():
    """ruff passes over lines without a blank."""
    for path in modules(*ROOMS, "examples", "tests"):
        lines = path.read_text(encoding="utf-8").splitlines()
        assert not [i for i, line in enumerate(lines, 1) if len(line) > 100], path


def test_every_documented_name_is_there():
    import claims
    from claims import experiments

    for package in (claims, experiments):
        assert [name for name in package.__all__ if getattr(package, name, None) is None] == []


def test_importing_the_tool_costs_next_to_nothing(tmp_path):
    heavy = ("numpy", "scipy", "xarray", "pydantic", "yaml", "pandas", "torch", "click")
    code = f"import sys, claims; print(*(m for m in {heavy!r} if m in sys.modules))"
    assert not loaded_by(code, tmp_path)


@pytest.mark.parametrize(
    "path", sorted((ROOT / "claims" / "inference").rglob("*.py")), ids=lambda p: p.name
)
def test_inference_knows_arrays_only(path):
    names = list(imported(path))
    assert not [n for n in names if n.split(".")[0] in ("torch", "models", "xarray", "yaml")]
    assert not [
        n for n in names if n.startswith("claims.") and not n.startswith("claims.inference")
    ]


def loaded_by(code, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "code",
    [
        "import pytest; pytest.main(['claims/', '--collect-only', '-q', '-p', "
        "'no:cacheprovider', '-p', 'no:terminal'])",
        "from claims.schema import load_suite; load_suite('claims.yaml')",
    ],
    ids=["collection", "loading"],
)
def test_no_heavy_library_on_the_way_to_collected_items(code, tmp_path):
    names = loaded_by(
        f"import sys; {code}; print(*(m for m in {HEAVY!r} if m in sys.modules))", tmp_path
    )
    assert not names & set(HEAVY)


def test_no_dead_pickle_or_eval_in_the_packages():
    for path in [*(ROOT / "models").rglob("*.py"), *(ROOT / "claims").rglob("*.py")]:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert not [n for n in imported(path) if n.split(".")[0] in ("pickle", "shelve", "dill")], (
            path
        )
        calls = [
            n.func.id
            for n in ast.walk(tree)
            if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)
        ]
        assert not {"eval", "exec"} & set(calls), path


JUDGING = (
    "claims.execution",
    "claims.experiments",
    "claims.inference",
    "claims.judging",
    "claims.reported",
    "claims.run",
    "claims.samples",
    "claims.store",
)


@pytest.mark.parametrize(
    "path", sorted((ROOT / "claims" / "report").glob("*.py")), ids=lambda p: p.name
)
def test_reports_measure_and_judge_nothing(path):
    """Not for the sake of a type either."""
    assert not [name for name in imported(path) if name.startswith(JUDGING)]
