"""`python -m claims.report.picture`: a screenshot of the page of a result file, for the README.

Taken in the system's Chromium through Playwright (the `test` extra).
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from playwright.sync_api import Browser

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--hide-scrollbars",
)


def find_chromium() -> str | None:
    """The system's Chromium or Chrome, if there is one."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


@contextmanager
def chromium(executable: str) -> Iterator[Browser]:
    """A headless browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()


@click.command()
@click.argument("result", type=click.Path(path_type=Path), default="reports/claims.json")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default="docs/report.png",
    show_default=True,
    help="Where the picture goes",
)
@click.option("--from", "anchor", help="Anchor of the page to begin at, such as a claim's id")
@click.option(
    "--size",
    type=(int, int),
    default=(1040, 1300),
    show_default=True,
    help="Width and height in CSS pixels",
)
@click.option("--dark", is_flag=True, help="In dark colours")
def main(result: Path, output: Path, anchor: str | None, size: tuple[int, int], dark: bool) -> None:
    """Take a screenshot of the page of RESULT."""
    from claims.report.page import page
    from claims.result_file import ResultFileError, read_result

    executable = find_chromium()
    if executable is None:
        raise click.ClickException(f"no browser found; install one of {', '.join(BROWSERS)}")
    try:
        text = page(read_result(result))
    except ResultFileError as error:
        raise click.ClickException(str(error)) from None
    with tempfile.TemporaryDirectory() as folder, chromium(executable) as browser:
        path = Path(folder) / "claims.html"
        path.write_text(text, encoding="utf-8")
        sheet = browser.new_page(
            viewport={"width": size[0], "height": size[1]}, color_scheme="dark" if dark else "light"
        )
        sheet.emulate_media(reduced_motion="reduce")
        sheet.goto(path.as_uri() + (f"#{anchor}" if anchor else ""))
        output.parent.mkdir(parents=True, exist_ok=True)
        sheet.screenshot(path=output)
    click.echo(f"picture: {output}")


if __name__ == "__main__":
    main()
