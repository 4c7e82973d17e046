"""This repository's own part in its tests: shared fixtures, and the old spellings of the plugin's
options, which live on here alone.
"""

import argparse

import pytest

PLUGIN = "claims.plugin"
RENAMED = {"report-dir": "report", "controls": "check-false-positives"}
OTHERS = (
    "setting device precision fresh seed-base baseline fail-on history variants inconclusive "
    "executor ray-address ray-cpus ray-gpus"
)
NEW = {f"--{old}": f"--claims-{RENAMED.get(old, old)}" for old in (*RENAMED, *OTHERS.split())}
USED = "claims_old_spellings"


class OldSpelling(argparse.Action):
    """Sets the option that is spelled otherwise now, and notes the old spelling."""

    def __init__(self, *args, sets, append, **kwargs):
        super().__init__(*args, **kwargs)
        self.sets, self.append = sets, append

    def __call__(self, parser, namespace, values, option_string=None):
        value = True if self.nargs == 0 else values
        if self.append:
            value = [*getattr(namespace, self.sets), value]
        setattr(namespace, self.sets, value)
        used = getattr(namespace, self.dest)
        setattr(namespace, self.dest, list(dict.fromkeys([*used, self.option_strings[0]])))


def pytest_addoption(parser, pluginmanager):
    pluginmanager.import_plugin(PLUGIN)  # once, where the installed project has brought it too
    from claims.plugin.options import OPTIONS, destination

    group = parser.getgroup("claims-old", "old spellings of the options of claims")
    for old, new in NEW.items():
        how = dict(OPTIONS[new])
        action = how.pop("action", None)
        if action == "store_true":
            how["nargs"] = 0
        how |= {"dest": USED, "default": [], "help": f"Now {new}"}
        group.addoption(
            old, action=OldSpelling, sets=destination(new), append=action == "append", **how
        )


def pytest_configure(config):
    """Say the new spellings once; xdist's workers are given values, not the command line."""
    used = getattr(config.option, USED)
    if used and not hasattr(config, "workerinput"):
        sentence = ", ".join(f"`{old}` is now `{NEW[old]}`" for old in used)
        config.issue_config_time_warning(pytest.PytestDeprecationWarning(sentence), stacklevel=2)


@pytest.fixture(scope="session")
def device(claims_run):
    """Where networks are trained: "cpu" or "cuda"."""
    from models.devices import resolve_device

    return resolve_device(claims_run.machine.device)


@pytest.fixture(scope="session")
def store(claims_run):
    """The store of snapshots and observations, shared by all workers."""
    return claims_run.store


@pytest.fixture(scope="session")
def measure(claims_run):
    """`measure(experiment_spec, setting, seeds)` -> xarray.Dataset: trained and probed where the
    store lacks it.
    """
    return claims_run.measure
