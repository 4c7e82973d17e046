"""The pytest plugin, installed by an entry point of its own name.

A run that asks for no claims sees its options and nothing else; `claims.plugin.main` is imported
where one does. Here, as in `options` and `fixtures`, nothing is imported that takes time.
"""

from __future__ import annotations

import pytest

from claims.plugin.fixtures import claims_case, claims_check, claims_judge, claims_run
from claims.plugin.options import add_options, asks_for_claims


def pytest_addoption(parser: pytest.Parser) -> None:
    add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    if asks_for_claims(config):
        from claims.plugin.main import set_up

        set_up(config)


__all__ = ["claims_case", "claims_check", "claims_judge", "claims_run"]
