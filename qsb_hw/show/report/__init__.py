"""Reports: everything about a device or a chip on one page that needs no network, as Markdown or as PDF."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from qsb_hw._typing import Progress
from qsb_hw.analysis.analysis import Analysis
from qsb_hw.analysis.chip import ChipAnalysis
from qsb_hw.analysis.conditions import Requested
from qsb_hw.devices.catalog import load
from qsb_hw.errors import ArgumentError
from qsb_hw.model.chip import Chip
from qsb_hw.model.device import Device
from qsb_hw.questions.assessment import Assessment
from qsb_hw.questions.chip import ChipAssessment
from qsb_hw.show.html import VIEWS
from qsb_hw.show.provenance import provenance
from qsb_hw.show.report.document import BRIEF, REPORT, SUFFIXES, Report, chosen, report_view, solved_parts
from qsb_hw.show.report.part import Part, PartProgress, Work, asked_for

__all__ = ["BRIEF", "REPORT", "SUFFIXES", "Report", "part_keys", "report", "report_of", "report_view"]


def report(
    source: str | Path | Device | Chip | Analysis | ChipAnalysis,
    *,
    only: Iterable[str] = (),
    skip: Iterable[str] = (),
    brief: bool = False,
    complete: bool = False,
    network_levels: int | None = None,
    file: str | None = None,
    command: Sequence[str] = (),
    progress: Progress | None = None,
    **requested: Any,
) -> Report:
    """Solve everything about a device or chip once, for one page.

    Parameters
    ----------
    source : path, Device, Chip, Analysis or ChipAnalysis
        A file, or what was built from it; an analysis keeps what it has solved.
    only, skip : iterables of str
        Parts to have alone, or to leave out (`part_keys`); all unless given.
    brief : bool
        The verdict, the device, its tones without their limits, S(Δ) and how far the numbers can be trusted.
    complete : bool
        Whether to have the parts that take long as well; naming one in `only` asks for it too.
    network_levels : int, optional
        Levels of every node in the network of a chip; chosen unless given.
    file, command : str, sequence of str
        The file that `source` was read from and the arguments of the command line, for the provenance.
    progress : callable, optional
        Called with (part, done, total).
    **requested
        Fields of `Requested`: `levels`, `pair_levels`, `bath_levels`, `coupling` in rad/s, `experiment_time` in s.

    Returns
    -------
    Report
        `.save("report.html")`, or `.md`, `.pdf`; a part that fails says why in its place.

    Raises
    ------
    ArgumentError
        If there is no such part, or a condition is out of its range.
    SpecError
        If anything is wrong with the file.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> page = qh.report("photon_pressure", only=["verdict"]).html()
    >>> "INFEASIBLE" in page, "://" in page
    (True, False)
    """
    shown = None if progress is None else PartProgress(progress)
    given = load(source) if isinstance(source, str | Path) else source
    if isinstance(given, Device | Chip):
        asked = Requested().with_settings({k: v for k, v in requested.items() if v is not None})
        analysis: Analysis | ChipAnalysis = (
            ChipAnalysis(given, asked, network_levels=network_levels, progress=shown) if isinstance(given, Chip)
            else Analysis(given, asked, progress=shown)
        )  # fmt: skip
    elif isinstance(given, Analysis | ChipAnalysis):
        analysis = given
    else:
        raise ArgumentError(
            f"A report must be on a file, a device, a chip or an analysis, but found {type(given).__name__}. Pass one."
        )
    spec = str(source) if isinstance(source, str | Path) else file
    return _written(Work(analysis, None, brief), only, skip, complete, spec, command, shown)


def report_of(found: Any, *, progress: Progress | None = None, **options: Any) -> Report:
    """Report on a result: on a verdict everything, with nothing solved again; on another result what it shows.

    `options` are `only`, `skip`, `brief` and `complete` of `report`, for a verdict. `ArgumentError` if the result
    has no tables.
    """
    shown = None if progress is None else PartProgress(progress)
    if isinstance(found, Assessment | ChipAssessment) and found.analysis is not None:
        chosen_parts: dict[str, Any] = {"only": (), "skip": (), "complete": False} | options
        work = Work(found.analysis, found, chosen_parts.pop("brief", False))
        return _written(work, **chosen_parts, spec=None, command=(), progress=shown)
    view, name = VIEWS.get(type(found)), type(found).__name__
    if view is None or options:
        what = "A report must be on a result with tables" if view is None else f"A report on {name} must come without"
        raise ArgumentError(f"{what}, but found {', '.join(options) or name}. Report on the device: `qh.report`.")
    part = Part(
        key="result", title=re.sub("(?<=[a-z])(?=[A-Z])", " ", name).capitalize(), find=lambda _: found, view=view
    )
    device = getattr(found, "device", None) or getattr(found, "chip", None)
    title = str(getattr(device, "name", "") or getattr(found, "name", "") or name)
    description = str(getattr(device, "description", ""))
    parts = tuple(solved_parts(None, [part], shown))
    return Report(name=title, description=description, parts=parts, source=provenance((), None, device))


def part_keys(chip: bool = False) -> tuple[str, ...]:
    """Names of the parts of a report, in their order."""
    return tuple(part.key for part in _parts(chip))


def _parts(chip: bool) -> tuple[Part, ...]:
    if chip:
        from qsb_hw.show.report.chip_parts import CHIP_PARTS

        return CHIP_PARTS
    from qsb_hw.show.report.parts import PARTS

    return PARTS


def _written(
    work: Work, only: Iterable[str], skip: Iterable[str], complete: bool, spec: str | None, command: Sequence[str],
    progress: PartProgress | None,
) -> Report:  # fmt: skip
    only, keys = tuple(only), [part.key for part in _parts(work.is_chip)]
    work.asked = frozenset(keys if complete else only)
    kept = [part for part in chosen(_parts(work.is_chip), only, skip) if not work.brief or part.key in BRIEF]
    parts = [part if part.key in work.asked else asked_for(part) for part in kept]
    subject = work.chip_analysis.chip if work.is_chip else work.analysis.device
    source = provenance(command, spec, subject)
    return Report(
        name=work.name,
        description=work.description,
        parts=tuple(solved_parts(work, parts, progress)),
        source=source,
    )
