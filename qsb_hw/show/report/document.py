"""A report: parts solved one after the other, and written as one HTML page, as Markdown or as PDF."""

from __future__ import annotations

import base64
import gzip
import json
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from qsb_hw import __version__
from qsb_hw.errors import ArgumentError, QsbError, suggestion
from qsb_hw.show.blocks import Block, Box, Cell, Listed, Paragraphs, Runs, TableBlock, blocks_of, clean, pieces
from qsb_hw.show.fields import Field, Record, Section
from qsb_hw.show.report.part import Absent, Part, PartProgress, Work, results_in
from qsb_hw.show.report.pictures import Drawn, drawn
from qsb_hw.show.style import label, lines, stacked, value
from qsb_hw.show.text import quantity

if TYPE_CHECKING:
    from rich.console import RenderableType

GENERATOR = f"qsb-hw {__version__}"
BRIEF = ("verdict", "device", "instruments", "sync", "numerics")
"""Parts of a brief report."""
LARGEST_PLAIN = 400_000
"""Characters of the numbers of a report as JSON; more are compressed, so that pages stay small enough to send."""
SUFFIXES = (".html", ".md", ".pdf")


@dataclass(frozen=True, slots=True)
class Solved:
    """A part with what was `found`, its record and tables, or why it is `missing`, and whether that is as it should."""

    part: Part
    found: Any = None
    record: Record | None = None
    blocks: tuple[Block, ...] = ()
    missing: str = ""
    failed: bool = False
    notice: str = ""
    cut: str = ""
    seconds: float = 0.0

    @property
    def intro(self) -> str:
        """What the part begins with: what it is, and what of it takes too long to be there unasked."""
        return "" if self.missing else f"{self.part.intro} {self.cut}".strip()


PART = Section(
    Field("key", "name of the part, as --only and --skip take it", "part.key"),
    Field("title", "its heading", "part.title"),
    Field("missing", "why there is nothing in it; empty where there is"),
    Field("failed", "true where that is not as it should be"),
    Field("notice", "what does not hold of its numbers: a solve that did not converge"),
    Field("record", "its numbers, with the keys of the command that prints them; null where another part has them",
          lambda solved: solved.record),
)  # fmt: skip
REPORT = Section(
    Field("name", "of the device or chip"),
    Field("parts", "in their order", each=PART),
)
"""What a report holds as data."""


@dataclass(frozen=True, slots=True, eq=False, repr=False, kw_only=True)
class Report:
    """A report on a device or chip, solved and ready to be written.

    Attributes
    ----------
    name, description : str
        Of the device or chip.
    parts : tuple of Solved
        In their order; of one that has nothing to show, why.
    source : dict
        Provenance.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> found = qh.report("photon_pressure", only=["verdict", "compare"])
    >>> [solved.missing[:31] for solved in found.parts]
    ['', 'No Fock state is stabilised: th']
    """

    name: str
    description: str
    parts: tuple[Solved, ...]
    source: Record

    @property
    def ok(self) -> bool:
        """Whether no part failed."""
        return not any(solved.failed for solved in self.parts)

    @property
    def record(self) -> Record:
        """Every number, part by part, and the provenance."""
        return {**REPORT.record(self), "provenance": self.source}

    def html(self) -> str:
        """One page with everything inside: no network, no script, light and dark, for print as well."""
        return _page(self, themed=True)

    def markdown(self) -> str:
        """The same as Markdown, figures inside as data."""
        return _markdown(self)

    def pdf(self) -> bytes:
        """The same as PDF.

        Raises
        ------
        ArgumentError
            If the extra `pdf` is not installed.
        """
        return pdf_of(_page(self, themed=False))

    def save(self, file: str | Path) -> Path:
        """Write it to a file: HTML, Markdown or PDF by its suffix.

        Raises
        ------
        ArgumentError
            If the suffix is another one, or the extra `pdf` is needed and not installed.
        """
        path = Path(file)
        path.write_bytes(self.content(path.suffix.lower()))
        return path

    def content(self, suffix: str) -> bytes:
        """What stands in a file with that suffix; `ArgumentError` for another one than `SUFFIXES`."""
        if suffix == ".pdf":
            return self.pdf()
        if suffix not in SUFFIXES:
            kinds = ", ".join(SUFFIXES)
            raise ArgumentError(f"A report must be written as {kinds}, but found {clean(suffix)!r}. Change the suffix.")
        return (self.html() if suffix == ".html" else self.markdown()).encode()

    def __repr__(self) -> str:
        return f"Report({self.name!r}, parts: {', '.join(solved.part.key for solved in self.parts)})"


def report_view(report: Report) -> RenderableType:
    """What ``qsb-hw report`` prints: the verdict if it is a part, and every part with what is missing."""
    verdicts = [solved.record["verdict"] for solved in report.parts if solved.record and "verdict" in solved.record]
    head = [lines([f"{clean(report.name)}: {verdict}"]) for verdict in verdicts]
    rows = PART.table(
        "Parts of the report", report.parts, "key", "title",
        (value("time"), lambda solved: quantity(solved.seconds, "s", 2)),
        (label("", ratio=1), lambda solved: solved.missing or solved.notice),
    )  # fmt: skip
    return stacked(*head, rows)


def chosen(parts: Sequence[Part], only: Iterable[str] = (), skip: Iterable[str] = ()) -> list[Part]:
    """Some of the parts, in their order; `ArgumentError` for a key that none has."""
    only, skip = tuple(only), tuple(skip)
    known = [part.key for part in parts]
    for key in (*only, *skip):
        if key not in known:
            hint = suggestion(key, known, "Choose one of these.")
            raise ArgumentError(
                f"A part of a report must be one of {', '.join(known)}, but found {clean(key)!r}. {hint}"
            )
    return [part for part in parts if part.key not in skip and (not only or part.key in only)]


def solved_parts(work: Work | None, parts: Sequence[Part], progress: PartProgress | None = None) -> Iterator[Solved]:
    """Every part solved; one that fails says why and stops nothing."""
    for part in parts:
        if progress is not None:
            progress.begin(part.title)
        begun = time.perf_counter()
        yield replace(_solved(work, part), seconds=time.perf_counter() - begun)


def _solved(work: Work | None, part: Part) -> Solved:
    try:
        found = part.find(work)  # type: ignore[arg-type]  # a part of a single result asks nothing
        if isinstance(found, Absent):
            return Solved(part, missing=found.reason)
        record = None if part.section is None else part.section.record(found)
        blocks = () if part.view is None else without_heading(blocks_of(part.view(found)), work)
    except QsbError as error:
        return Solved(part, missing=f"Not computed: {clean(str(error))}", failed=True)
    except Exception as error:
        words = f"Unexpected {type(error).__name__}: {clean(str(error))}. This is a fault of qsb-hw: please report it."
        return Solved(part, missing=words, failed=True)
    cut = "" if work is None else part.cut(work)
    return Solved(part, found, record, blocks, notice=_notice(found), cut=cut)


def without_heading(blocks: tuple[Block, ...], work: Work | None) -> tuple[Block, ...]:
    """Blocks without the name and description of the whole, which head the page."""
    heads = [] if work is None else [clean(work.name), clean(f"{work.name} – {work.description}")]

    def repeats(block: Block) -> bool:
        said = ["".join(run.text for run in line) for line in block.lines] if isinstance(block, Paragraphs) else []
        return len(said) == 1 and said[0] in heads

    return tuple(block for block in blocks if not repeats(block))


def _notice(found: Any) -> str:
    """What does not hold of a result that is shown all the same."""
    bad = next((one for one in results_in(found) if not one.ok), None)
    return "" if bad is None else f"Not certified ({bad.status.value}). {clean(bad.message)}".strip()


def _figures(solved: Solved, themed: bool) -> Iterator[Drawn | str]:
    """Figures of a part; in place of one that cannot be drawn, why."""
    if solved.missing:
        return
    for picture in solved.part.figures(solved.found):
        try:
            figure, _ = picture.draw(solved.found)
            yield drawn(
                figure, picture.key, picture.title, picture.caption, themed=themed, plate=picture.plate,
                data=picture.data,
            )  # fmt: skip
        except Exception as error:
            yield f"Not drawn: {picture.title} ({type(error).__name__}: {clean(str(error))})"


def _environment() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("qsb_hw.show.report", "."), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters["pieces"] = pieces
    return environment


def _page(report: Report, themed: bool) -> str:
    css = files("qsb_hw.show.report").joinpath("style.css").read_text(encoding="utf-8")
    record = json.dumps(report.record, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    stem, large = _stem(report.name), len(record) > LARGEST_PLAIN
    return str(
        _environment().get_template("page.html.j2").render(
            title=f"{clean(report.name)}: report", description=clean(report.description), generator=GENERATOR,
            css=_trusted(css), left_out=_left_out(report),
            parts=[_shown(solved, themed, stem) for solved in report.parts if solved.failed or not solved.missing],
            provenance=report.source, origin=list(_origin(report.source)),
            record_link=_link("application/gzip" if large else "application/json", record, large),
            record_file=f"{stem}.json{'.gz' * large}",
            headline=_headline(report),
        )
    )  # fmt: skip


def _headline(report: Report) -> Runs:
    """The verdict in a word, where it is a part: what a small screen and the first page of a print begin with."""
    first = next((solved.blocks[:1] for solved in report.parts if solved.part.key == "verdict"), ())
    boxes = [block for block in first if isinstance(block, Box)]
    words = [block.lines[0] for box in boxes for block in box.blocks[:1] if isinstance(block, Paragraphs)]
    return words[0] if words else ()


def _left_out(report: Report) -> list[tuple[str, list[str]]]:
    """Why parts that did not fail have nothing to show, each reason once, with their titles."""
    absent = [solved for solved in report.parts if solved.missing and not solved.failed]
    reasons = dict.fromkeys(solved.missing for solved in absent)
    return [(reason, [one.part.title for one in absent if one.missing == reason]) for reason in reasons]


def _shown(solved: Solved, themed: bool, stem: str) -> dict[str, Any]:
    """A part for the page: what frames come first, then figures, then tables."""
    notices, figures = [text for text in (solved.missing, solved.notice) if text], []
    for one in _figures(solved, themed):
        if isinstance(one, str):
            notices.append(one)
        else:
            figures.append(one)
    blocks = solved.blocks
    lead = tuple(block for block in blocks[:1] if isinstance(block, Box))
    return {
        "key": solved.part.key, "title": solved.part.title, "intro": solved.intro,
        "failed": solved.failed,
        "longest": None if solved.part.key == "verdict" else solved.part.longest,
        "notices": notices, "lead": lead, "blocks": blocks[len(lead) :],
        "figures": [
            {"key": one.key, "title": one.title, "description": one.description, "svg": one.svg, "width": one.width,
             "plate": one.plate, "data": bool(one.data), "file": f"{stem}_{one.key}.csv",
             "link": _link("text/csv;charset=utf-8", one.data)}
            for one in figures
        ],
    }  # fmt: skip


def _trusted(text: str) -> Any:
    from markupsafe import Markup

    return Markup(text)


def _link(kind: str, text: str, packed: bool = False) -> str:
    if len(text) < 2000:
        return f"data:{kind}," + quote(text, safe="")
    content = gzip.compress(text.encode(), mtime=0) if packed else text.encode()
    return f"data:{kind};base64," + base64.b64encode(content).decode()


def _stem(name: str) -> str:
    """Name of a device as a file name."""
    return re.sub(r"[^\w.-]+", "_", name, flags=re.ASCII).strip("._")[:60] or "report"


def _origin(source: Record) -> Iterator[tuple[str, str]]:
    """Provenance, line by line."""
    given: Mapping[str, Any] = source.get("input") or {}
    yield "made by", GENERATOR
    yield "date (UTC)", str(source.get("date", ""))
    yield "command", clean(str(source.get("command") or "in Python"))
    if given:
        yield "file", clean(str(given["file"]))
        yield "SHA-256 of the file", str(given.get("file_sha256") or "not known: not read from a file")
        yield "hash of its values", str(given["hash"])
    yield "versions", ", ".join(f"{name} {number}" for name, number in (source.get("versions") or {}).items())


def printer() -> tuple[Any, Any]:
    """WeasyPrint's document and fetcher; `ArgumentError` where the extra `pdf` is not installed."""
    try:
        from weasyprint import HTML
        from weasyprint.urls import URLFetcher
    except (ImportError, OSError) as error:  # OSError: without the libraries that it draws with
        raise ArgumentError(
            f"A report as PDF takes WeasyPrint, but found none that works ({clean(str(error))}). Install the extra: "
            "pip install 'qsb-hw[pdf]', or write HTML and print it from a browser."
        ) from None
    return HTML, URLFetcher


def pdf_of(page: str) -> bytes:
    """A page as PDF."""
    document, fetcher = printer()
    inside = fetcher(allowed_protocols=("data",))  # nothing outside the page is read
    written: bytes = document(string=page, url_fetcher=inside).write_pdf()
    return written + f"% {GENERATOR}\n".encode()  # what says who made it is packed otherwise


def _markdown(report: Report) -> str:
    """Headings, tables and figures; what comes from a file is escaped."""
    lines, images = [f"# {escaped(report.name)}: report", "", escaped(report.description), ""], list[str]()
    lines += [f"{GENERATOR}, {report.source.get('date', '')}", ""]
    for solved in report.parts:
        lines += [f"## {escaped(solved.part.title)}", ""]
        lines += [text for one in (solved.intro, solved.missing, solved.notice) if one for text in (escaped(one), "")]
        blocks = solved.blocks
        lead = 1 if blocks and isinstance(blocks[0], Box) else 0
        for block in blocks[:lead]:
            lines += [*_in_markdown(block), ""]
        for one in _figures(solved, themed=False):
            if isinstance(one, str):
                lines += [escaped(one), ""]
                continue
            lines += [f"![{escaped(one.title)}. {escaped(one.description)}][{one.key}]", "",
                      f"*{escaped(one.title)}.* {escaped(one.description)}", ""]  # fmt: skip
            encoded = base64.b64encode(one.svg.encode()).decode()
            images.append(f"[{one.key}]: data:image/svg+xml;base64,{encoded}")
        for block in blocks[lead:]:
            lines += [*_in_markdown(block), ""]
    lines += ["## Provenance", "", *(f"- {name}: {escaped(value)}" for name, value in _origin(report.source)), ""]
    return "\n".join([*lines, *images, ""])


def escaped(text: str) -> str:
    """Text that Markdown, and HTML in it, leave as it is."""
    plain = clean(text.replace("\n", " "))
    return re.sub(r"([\\`*_{}\[\]<>()#+!|~$&-])", r"\\\1", plain).replace(r"\<", "&lt;").replace(r"\&", "&amp;")


def _line(line: Runs) -> str:
    return escaped("".join(run.text for run in line))


def _cell(cell: Cell) -> str:
    return "<br>".join(_line(line) for line in cell)


def _in_markdown(block: Block) -> Iterator[str]:
    if isinstance(block, Box):
        yield f"**{escaped(block.title)}**"
        for inside in block.blocks:
            yield ""
            yield from _in_markdown(inside)
    elif isinstance(block, Listed):
        yield from (f"- {_line(item)}" for item in block.items)
    elif isinstance(block, Paragraphs):
        for number, line in enumerate(block.lines):
            yield from ([""] if number else [])
            yield _line(line)
    else:
        yield from _table(block)


def _table(block: TableBlock) -> Iterator[str]:
    if block.caption:
        yield f"**{escaped(block.caption)}**"
        yield ""
    yield "| " + " | ".join(escaped(name) if block.has_head else " " for name in block.head) + " |"
    yield "|" + "|".join(" ---: " if right else " --- " for right in block.numeric) + "|"
    for row in block.rows:
        yield "| " + " | ".join(_cell(cell) for cell in row) + " |"
