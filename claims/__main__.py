"""`python -m claims ...`: the commands, each loaded only when it is called."""

from __future__ import annotations

import importlib
import importlib.util

import click

COMMANDS = {
    "check": "Validate a claim file and print the plan: what is cached, what would be trained.",
    "new": "Append a claim; asks for what its options leave out.",
    "schema": "Write the JSON Schema of claim files, for editors.",
    "prepare": "Train what is missing ahead of the tests.",
    "store": "List and prune the caches.",
    "calibrate": "Measure error rates of the verdicts.",
    "stepsize": "Find the probe's step size, on seeds that are never judged.",
    "compare": "Compare two result files: verdicts that changed, estimates that drifted.",
    "accept": "Expect of a claim what came out, and say why.",
    "history": "A folder of result files as one page.",
}


class Commands(click.Group):
    """Subcommands are modules of `claims.commands`, imported when called: `check` must not wait for
    `prepare`'s imports.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name in COMMANDS if importlib.util.find_spec(f"claims.commands.{name}")]

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in self.list_commands(ctx):
            return None
        return importlib.import_module(f"claims.commands.{name}").command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name]) for name in self.list_commands(ctx)])


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Claims of research memos as tests. The suite itself runs with `pytest claims/`."""


if __name__ == "__main__":
    main(prog_name="python -m claims")
