"""`python -m claims ...`: the commands, each imported when it is called."""

from __future__ import annotations

import importlib

import click

COMMANDS = {
    "check": "Validate a claim file and print the plan: what is cached, what would be trained",
    "new": "Append a claim; asks for what its options leave out",
    "schema": "Write the JSON Schema of claim files, for editors",
    "prepare": "Train what is missing ahead of the tests",
    "store": "List and prune the caches",
    "calibrate": "Measure error rates of the verdicts",
    "compare": "Compare two result files: verdicts that changed, estimates that drifted",
    "accept": "Expect of a claim what came out, and say why",
    "history": "Render a folder of result files as one page",
}


class Commands(click.Group):
    """Commands that are modules of `claims.commands`, imported when called.

    The list of commands needs none of them, and `check` does not wait for `prepare`'s imports.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        return importlib.import_module(f"claims.commands.{cmd_name}").command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Claims of research memos as tests. The suite itself runs with `pytest claims/`."""


if __name__ == "__main__":
    main(prog_name="python -m claims")
