"""``qsb-hw explore``: move the numbers of a file on a local page, and see what follows."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qsb_hw.cli.options import Spec, option
from qsb_hw.cli.output import say
from qsb_hw.cli.progress import progress
from qsb_hw.errors import ArgumentError

Port = Annotated[int, typer.Option(
    "--port", metavar="N", min=0, max=65535, help="Port of the page; 0 takes a free one.", show_default=True,
)]  # fmt: skip
Browser = Annotated[bool, option("--browser/--no-browser", "Open the page in the browser.", show_default=True)]
Save = Annotated[Path | None, option(
    "--save FILE|FOLDER", "The one place that settings may be saved to: a .toml file, or new files of a folder.",
)]  # fmt: skip
State = Annotated[str | None, option(
    "--state TEXT", "Setting to begin with: what stands after # in the link of an earlier page.",
)]  # fmt: skip
HINT = "Install it with: pip install 'qsb-hw[explore]'."


def explore(
    spec: Spec, port: Port = 0, browser: Browser = True, save: Save = None, state: State = None,
) -> None:  # fmt: skip
    """Open a local page with a slider for every number of a file: levels, populations, S(Δ), margins and the verdict.

    It is served to this machine only, at an address that nobody can guess, until Ctrl-C.
    """
    with progress("reading the file"):
        _require_extra()
        from qsb_hw.explore.sweep.subject import subject_of
        from qsb_hw.explorer.saving import Place
        from qsb_hw.explorer.server import Explorer, serve

        subject = subject_of(spec)
        explorer = Explorer(subject, None if save is None else Place.of(save, subject.source))
        explorer.full.prepare()

    def ready(address: str) -> None:
        complete = f"{address}#{state.removeprefix('#')}" if state else address
        say(f"{subject.name}: {complete}\nCtrl-C ends it.")
        if browser:
            import webbrowser

            webbrowser.open(complete)

    try:
        serve(explorer, port, ready)
    except KeyboardInterrupt:
        say("qsb-hw: the page has ended.")


def _require_extra() -> None:
    """`ArgumentError` that says how to install what the page takes, where it is missing."""
    from importlib.util import find_spec

    missing = [name for name in ("starlette", "uvicorn") if find_spec(name) is None]
    if missing:
        raise ArgumentError(f"`explore` must have its extra, but found no {' and no '.join(missing)}. {HINT}")
