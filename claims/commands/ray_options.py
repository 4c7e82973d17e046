"""The options by which a command is sent to a Ray cluster, and the executor they ask for."""

from __future__ import annotations

from collections.abc import Callable

import click

EXECUTORS = ("local", "ray")


def ray_options(command: Callable) -> Callable:
    """`--executor` and the options of a cluster, for a click command."""
    for option in (
        click.option(
            "--ray-gpus",
            type=click.FloatRange(min=0),
            metavar="N",
            help="GPUs of one task (default: 1 on cuda)",
        ),
        click.option(
            "--ray-cpus",
            type=click.FloatRange(min=0, min_open=True),
            metavar="N",
            help="Cores of one task (default: 1)",
        ),
        click.option(
            "--ray-address",
            metavar="A",
            help="Ray cluster: auto, HOST:PORT or ray://HOST:PORT (default: one on this machine, "
            "for this command)",
        ),
        click.option(
            "--executor",
            "executor_name",
            type=click.Choice(EXECUTORS),
            default="local",
            show_default=True,
            help="Where missing seeds are measured",
        ),
    ):
        command = option(command)
    return command
