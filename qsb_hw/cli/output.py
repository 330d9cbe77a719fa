"""What leaves the program: JSON or tables on standard output, words on standard error, pictures and data in files."""

from __future__ import annotations

import codecs
import errno
import json
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from qsb_hw.errors import ArgumentError, StorageError
from qsb_hw.show.ascii import HANDLER, PLAIN_ASCII

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult

    from qsb_hw.explore.sweep.subject import Subject
    from qsb_hw.show.fields import Section

WIDTH = 100
"""Columns where the output is not a terminal."""
COLUMNS = range(20, 10_001)
"""Values of the environment's COLUMNS that are believed."""
READER_LEFT = 141
"""Exit status when the reader of the output went away (128 + SIGPIPE)."""
MADE_BY = "qsb-hw"
"""What every picture and data file of this program says it was made by; others are never replaced."""
DETAIL: ContextVar[int | None] = ContextVar("DETAIL", default=None)
"""How much of a result is shown: a `Detail` of `qsb_hw.show.detail`; None where that cannot be chosen."""
COMMAND: ContextVar[tuple[str, ...]] = ContextVar("COMMAND", default=())
"""Arguments of the command line, for the provenance of what it prints."""
_ACTING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def harmless(text: str) -> str:
    """Text with the characters that a terminal acts upon, or turns the writing around at, as escapes."""
    return _ACTING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def present(
    section: Section,
    found: Any,
    view: Callable[[Any], RenderableType],
    *,
    as_json: bool,
    plot: Path | None = None,
    picture: Callable[[Any], tuple[Figure, Any]] | None = None,
    spec: str | None = None,
    read: Subject | None = None,
    source: Mapping[str, Any] | None = None,
    fine: bool = True,
) -> None:
    """Draw a result, print its record or its tables, and leave with exit status 1 unless all is `fine`.

    The `picture` is left out where there is nothing to draw; a record comes with its provenance. That is of the device
    or chip of the result, or of the file as it was `read`; else the file `spec` is read again.
    """
    subject = _subject(found)
    if source is None and (as_json or plot is not None):
        from qsb_hw.show.provenance import provenance

        source = provenance(COMMAND.get(), spec, subject or read)
    draw(plot, None if picture is None else lambda: picture(found), of=subject, source=source)
    if as_json:
        from qsb_hw.show.plain import to_json

        write_json(to_json({**section.record(found), "provenance": source}))
    else:
        write(_rendered(view(found)))
    if not fine:
        raise typer.Exit(1)


def _subject(found: Any) -> Any:
    """Device or chip of a result, which may be a table of results; None where it has none."""
    named = found if isinstance(found, Mapping) else {key: getattr(found, key, None) for key in ("device", "chip")}
    return next((one for key in ("device", "chip") if (one := named.get(key)) is not None), None)


def write_json(text: str) -> None:
    """Write JSON to standard output; where that has no Unicode with JSON's own escapes, which say the same."""
    text = harmless(text) + "\n"
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    if not encoding.lower().startswith("utf"):
        text = "".join(c if c.isascii() else json.dumps(c)[1:-1] for c in text)
    write(text)


def write(text: str) -> None:
    """Write to standard output; leave quietly if its reader is gone. A full disk is a `StorageError`."""
    try:
        if sys.stdout is None:
            raise OSError(errno.EBADF, "it is closed")
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        forget(sys.stdout)
        raise typer.Exit(READER_LEFT) from None
    except (OSError, ValueError) as error:
        forget(sys.stdout)
        raise StorageError(
            f"Standard output must take the result, but found: {getattr(error, 'strerror', None) or error}. "
            "Write it to a place with room."
        ) from error


def say(text: str) -> None:
    """Write a line to standard error, if anybody reads that."""
    try:
        sys.stderr.write(harmless(text) + "\n")
        sys.stderr.flush()
    except (OSError, ValueError, AttributeError):
        forget(sys.stderr)


def prepare() -> None:
    """Make the surroundings fit for output: no absurd width, and no file in the place of a stream that is closed."""
    try:
        believed = int(os.environ.get("COLUMNS", "80")) in COLUMNS
    except ValueError:
        believed = False
    if not believed:
        del os.environ["COLUMNS"]
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:  # the next file opened would get this number, and what is printed
            os.open(os.devnull, os.O_RDWR)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal that knows no Greek gets its names, not a traceback
            ascii_only = codecs.lookup(stream.encoding).name == "ascii"
            stream.reconfigure(encoding=PLAIN_ASCII if ascii_only else stream.encoding, errors=HANDLER)


def legible_help() -> None:
    """Give help and errors on a terminal colours that can be read on a light background and on a dark one."""
    if not any(stream is not None and stream.isatty() for stream in (sys.stdout, sys.stderr)):
        return
    from typer import rich_utils

    from qsb_hw.show.style import BAD, GOOD, QUIET, WARNING

    strong = {"OPTION", "COMMANDS_TABLE_FIRST_COLUMN", "SWITCH", "NEGATIVE_OPTION", "NEGATIVE_SWITCH", "USAGE"}
    styles = dict.fromkeys(strong, f"bold {GOOD}") | dict.fromkeys(("TYPES", "DEPRECATED", "ABORTED"), WARNING)
    styles |= dict.fromkeys(("REQUIRED_SHORT", "REQUIRED_LONG", "ERRORS_PANEL_BORDER"), BAD)
    styles |= dict.fromkeys(
        ("OPTION_DEFAULT", "OPTION_ENVVAR", "TYPES_SEPARATOR", "HELPTEXT", "ERRORS_SUGGESTION"), QUIET
    )
    for name, style in styles.items():
        setattr(rich_utils, f"STYLE_{name}", style)
    rich_utils.RICH_HELP = rich_utils.RICH_HELP.replace("[blue]", "[bold]")


def unicode_everywhere() -> bool:
    """Whether both streams take every character; else help has no frames that would be torn by what is spelt out."""
    streams = [stream for stream in (sys.stdout, sys.stderr) if stream is not None]
    return all((getattr(stream, "encoding", None) or "utf-8").lower().startswith("utf") for stream in streams)


def forget(stream: Any) -> None:
    """Discard what a stream that cannot be written has left, so that closing it does not fail again."""
    with suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def draw(
    file: Path | None, plot: Callable[[], tuple[Figure, Any]] | None, option: str = "--plot", *, of: Any = None,
    source: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    """Draw a result to the file `option` asks for, if it does; say so where there is nothing to draw.

    The figure has the name of the device or chip it is `of`, and its provenance, the `source`.
    """
    if file is None:
        return
    if plot is None:
        say(f"nothing to draw, {file} was not written")
        return
    from qsb_hw.plot.files import save

    figure, _ = plot()
    with replacing(file, option) as begun:
        save(figure, begun, of, source=source)


def writable(*suffixes: str, new: bool = False) -> Callable[[Path | None], Path | None]:
    """Callback of an option that lets a path through which may be written, before any long work.

    It has one of the suffixes, and is not there yet or, without `new`, a file that this program made.
    """

    def checked(file: Path | None) -> Path | None:
        problem = None if file is None else next(_problems(file, suffixes, new), None)
        if problem is not None:
            raise typer.BadParameter(problem)
        return file

    return checked


def usual(check: Callable[[Path | None], Path | None], name: str, option: str) -> Path | None:
    """The file that is written where none is named, if it may be; the error names the option for another one."""
    try:
        return check(Path(name))
    except typer.BadParameter as error:
        error.param_hint = option
        raise


def _problems(file: Path, suffixes: Sequence[str], new: bool) -> Iterator[str]:
    """What speaks against a path, the first problem first; later ones presuppose that there is no earlier one."""
    place = repr(str(file))
    if file.suffix.lower() not in suffixes:
        yield f"must end in {', '.join(suffixes)}, but found {place}. Change the suffix."
    if not file.parent.is_dir():
        yield f"must lie in a folder, but found none at {str(file.parent)!r}. Make it first."
    if new and os.path.lexists(file):
        yield f"must be a new file, but found one at {place}. Choose another name."
    if file.is_symlink():
        yield f"must be no link, but found one at {place}. Name the file it points to."
    there = file.exists()
    if not os.access(file if there else file.parent, os.W_OK) or (there and not file.is_file()):
        yield f"must be a file that can be written, but found {place}. Choose another place."
    if there and not _is_ours(file):
        made = f"must be a new file or one that {MADE_BY} made, but found another one at {place}"
        yield f"{made}. Choose another name, or remove it."


@contextmanager
def replacing(file: Path, option: str, new: bool = False) -> Iterator[Path]:
    """Path of a temporary file that takes the place of `file` when it is complete; until then that stays as it is.

    With `new`, a file that has come into being meanwhile is not replaced.
    """
    try:
        handle, name = tempfile.mkstemp(suffix=file.suffix, prefix=f".{file.stem[:50]}-", dir=file.parent)
        os.close(handle)
        begun = Path(name)
        try:
            yield begun
            begun.chmod(0o666 & ~_umask())
            if new:
                _link(begun, file)
            else:
                begun.replace(file)
        finally:
            begun.unlink(missing_ok=True)
    except OSError as error:
        raise ArgumentError(
            f"{option} must be a file that can be written, but found {str(file)!r}: {error.strerror or error}. "
            "Choose another place."
        ) from error
    say(f"wrote {file}")


def _is_ours(file: Path) -> bool:
    """Whether this program made a file, or it is empty."""
    with file.open("rb") as opened:
        content = opened.read()
    return not content or MADE_BY.encode() in content


def _link(begun: Path, file: Path) -> None:
    """Give a file its name, unless another one has it."""
    try:
        os.link(begun, file)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        with file.open("xb") as opened:
            opened.write(begun.read_bytes())


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _rendered(view: RenderableType) -> str:
    from rich.console import Console

    from qsb_hw.show.detail import Detail, Selection
    from qsb_hw.show.style import lines

    terminal = sys.stdout is not None and sys.stdout.isatty()
    width = None if terminal or "COLUMNS" in os.environ else WIDTH
    console = Console(file=sys.stdout, width=width, markup=False, emoji=False, highlight=False)

    def printed(what: RenderableType | None) -> str:
        with console.capture() as captured:
            console.print("" if what is None else _Harmless(what))
        return captured.get()

    def drawn(detail: Detail) -> str:
        return printed(Selection(detail, console.encoding).of(view))

    asked = DETAIL.get()
    text = drawn(Detail.NORMAL if asked is None else Detail(asked))
    if asked == Detail.NORMAL:
        more = {"all tables: --verbose": Detail.VERBOSE, "the answer alone: --brief": Detail.BRIEF}
        hint = "; ".join(words for words, detail in more.items() if drawn(detail) != text)
        text += f"\n{printed(lines([f'{hint[0].upper()}{hint[1:]}.']))}" if hint else ""
    return text if terminal else re.sub(r"[ \t]+$", "", text, flags=re.M)


class _Harmless:
    """A view whose words cannot act on the terminal; its own colours can."""

    def __init__(self, view: RenderableType) -> None:
        self.view = view

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        from rich.segment import Segment

        for segment in console.render(self.view, options):
            yield Segment(harmless(segment.text), segment.style, segment.control)
