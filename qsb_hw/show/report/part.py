"""One part of a report: what it asks an analysis, how it is shown, and which figures belong to it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar, cast

from qsb_hw._typing import Progress
from qsb_hw.analysis.analysis import Analysis
from qsb_hw.analysis.chip import ChipAnalysis
from qsb_hw.questions.assessment import Assessment, assessed
from qsb_hw.questions.chip import ChipAssessment, assessed_chip
from qsb_hw.result import Result
from qsb_hw.show.fields import Section, With

if TYPE_CHECKING:
    from rich.console import RenderableType

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Absent:
    """Why a part has nothing to show."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A figure of a part.

    `draw` gives a figure; `caption` says what is seen, for its caption and for who cannot see it. A drawing without
    `data` has none to download; `plate` keeps its colours light in the dark. `when` says whether there is one.
    """

    key: str
    title: str
    caption: str
    draw: Callable[[Any], tuple[Any, Any]]
    when: Callable[[Any], bool] = lambda _found: True
    plate: bool = False
    data: bool = True


LONGEST_TABLE = 15
"""Rows of a table that stands open on a page, unless its part has fewer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of a report.

    `find` asks the work for what is shown, or says why there is `Absent`; `view` makes the tables of the terminal of
    it; `section` describes its record; `pictures` are figures, or made of what was found. `long` says why a part
    takes too long to be there without being asked for, `cut` why something in it does. Tables of more rows than
    `longest` are opened by a click, and open in print.
    """

    key: str
    title: str
    find: Callable[[Work], Any]
    view: Callable[[Any], RenderableType] | None = None
    section: Section | None = None
    intro: str = ""
    longest: int = LONGEST_TABLE
    long: Callable[[Work], str] = lambda _work: ""
    cut: Callable[[Work], str] = lambda _work: ""
    pictures: tuple[Picture, ...] | Callable[[Any], Iterable[Picture]] = ()

    def figures(self, found: Any) -> list[Picture]:
        """Figures that there are."""
        all_of_them = self.pictures(found) if callable(self.pictures) else self.pictures
        return [picture for picture in all_of_them if picture.when(found)]


def asked_for(part: Part) -> Part:
    """A part as it is where nobody asks for it: left out if it takes long."""

    def find(work: Work) -> Any:
        if reason := part.long(work):
            return Absent(f"{reason} {on_request(part.key)}")
        return part.find(work)

    return replace(part, find=find)


def on_request(key: str) -> str:
    """How to have what is left out of a part."""
    return f"`qsb-hw report --only {key}` has it, or `--complete`."


def results_in(found: Any) -> list[Result]:
    """Results among what was found, in its order."""
    if isinstance(found, Result):
        return [found]
    inside: Iterable[Any] = ()
    if isinstance(found, With):
        inside = vars(found).values()
    elif isinstance(found, Mapping):
        inside = found.values()
    elif isinstance(found, list | tuple):
        inside = found
    return [result for one in inside for result in results_in(one)]


class Work:
    """What every part of a report asks: one analysis, its verdict, and where it comes from.

    Parameters
    ----------
    analysis : Analysis or ChipAnalysis
        Solved as far as parts ask.
    assessment : Assessment or ChipAssessment, optional
        Of that analysis, where it is known already.
    brief : bool
        Whether a part may leave out what takes long.
    asked : collection of str, optional
        Keys of the parts that are to have everything, whatever it takes; of none unless given.
    """

    def __init__(
        self,
        analysis: Analysis | ChipAnalysis,
        assessment: Assessment | ChipAssessment | None = None,
        brief: bool = False,
        asked: Collection[str] = (),
    ) -> None:
        self.subject, self.brief, self.asked = analysis, brief, asked
        self._kept: dict[str, Any] = {}
        if assessment is not None:
            self.__dict__["verdict"] = assessment

    def once(self, name: str, find: Callable[[], Found]) -> Found:
        """What several parts ask for, found when the first one does."""
        if name not in self._kept:
            self._kept[name] = find()
        return cast("Found", self._kept[name])

    @property
    def is_chip(self) -> bool:
        """Whether it is about a chip."""
        return isinstance(self.subject, ChipAnalysis)

    @property
    def analysis(self) -> Analysis:
        """Analysis of one device."""
        assert isinstance(self.subject, Analysis)
        return self.subject

    @property
    def chip_analysis(self) -> ChipAnalysis:
        """Analysis of a chip."""
        assert isinstance(self.subject, ChipAnalysis)
        return self.subject

    @cached_property
    def verdict(self) -> Assessment | ChipAssessment:
        """The verdict with everything it rests on."""
        return assessed_chip(self.subject) if isinstance(self.subject, ChipAnalysis) else assessed(self.subject)

    @property
    def assessment(self) -> Assessment:
        """The verdict on one device."""
        assert isinstance(self.verdict, Assessment)
        return self.verdict

    @property
    def chip_assessment(self) -> ChipAssessment:
        """The verdict on a chip."""
        assert isinstance(self.verdict, ChipAssessment)
        return self.verdict

    @property
    def name(self) -> str:
        """Of the device or chip."""
        return self.subject.chip.name if isinstance(self.subject, ChipAnalysis) else self.subject.device.name

    @property
    def description(self) -> str:
        """Of the device or chip, from its file."""
        of = self.subject.chip if isinstance(self.subject, ChipAnalysis) else self.subject.device
        return of.description


class PartProgress:
    """A progress callback that puts the title of the part being solved before every stage."""

    def __init__(self, progress: Progress) -> None:
        self.progress, self.title = progress, ""

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Pass a stage on."""
        self.progress(f"{self.title}: {stage}" if self.title else stage, done, total)

    def begin(self, title: str) -> None:
        """Begin with a part."""
        self.title = ""
        self(title, 0, 0)
        self.title = title
