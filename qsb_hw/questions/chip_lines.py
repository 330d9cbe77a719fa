"""Lines of a chip on a spectrum analyser: every node with and without coupling, and what every link pulls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from qsb_hw._typing import Progress
from qsb_hw.analysis.analysis import Analysis
from qsb_hw.analysis.chip import ChipAnalysis
from qsb_hw.analysis.conditions import Requested
from qsb_hw.model.chip import Chip
from qsb_hw.questions.lines import Emission, Pair, Pulling, emission_of, pulling_along, pulling_of
from qsb_hw.result import Combined, Result


@dataclass(frozen=True, eq=False, kw_only=True)
class LinkLines:
    """Lines of the two nodes of a link.

    Attributes
    ----------
    between : (str, str)
        Names of the nodes, the first one is detuned; they may stand the other way round in the chip.
    coupling : complex
        V in rad/s.
    detuning : float
        Δ where the nodes stand, rad/s.
    pulling : Pulling
        Over Δ, or over what was varied.
    """

    between: tuple[str, str]
    coupling: complex
    detuning: float
    pulling: Pulling

    @property
    def name(self) -> str:
        """Both names, joined."""
        return "-".join(self.between)

    @property
    def here(self) -> Pair:
        """Lines of both nodes where they stand, with the coupling of the two."""
        distances = abs(self.pulling.detuning - self.detuning)
        return self.pulling.lines[int(distances.argmin())]


@dataclass(frozen=True, eq=False, kw_only=True)
class ChipEmission(Combined):
    """What a spectrum analyser shows of a chip.

    Attributes
    ----------
    chip : Chip
        What emits.
    nodes : tuple of Emission
        Every complete node by itself, without coupling.
    links : tuple of LinkLines
        Every judged link, baths eliminated; empty where no coupling was asked for.
    """

    chip: Chip
    nodes: tuple[Emission, ...]
    links: tuple[LinkLines, ...]

    @property
    def _results(self) -> Iterable[Result]:
        return self.nodes


def chip_emission(chip: Chip, *, coupled: bool = True, progress: Progress | None = None, **requested: Any
                  ) -> ChipEmission:  # fmt: skip
    """Lines of every complete node and of its baths' outputs, and how the nodes of every link pull them over Δ.

    Parameters
    ----------
    chip : Chip
        What emits.
    coupled : bool
        Whether to look at links.
    progress : callable, optional
        Called with (stage, done, total).
    **requested
        Fields of `Requested`, as of `analyse`.

    Returns
    -------
    ChipEmission

    Raises
    ------
    ArgumentError
        If no level is singled out in a node.
    ConvergenceError
        If there is no certified steady state.

    Examples
    --------
    >>> from dataclasses import replace
    >>> import qsb_hw as qh
    >>> device = qh.load_device("kerr_squid_array")
    >>> chip = qh.Chip("two", [device, replace(device, name="twin")], device.coupling)
    >>> found = qh.chip_emission(chip, coupled=False, levels=4, bath_levels=2)
    >>> [node.spectrum.peaks[0].levels for node in found.nodes]
    [(1, 0), (1, 0)]
    """
    return chip_emission_of(ChipAnalysis(chip, Requested().with_settings(requested), progress=progress), coupled)


def chip_emission_of(
    analysis: ChipAnalysis, coupled: bool = True, along: tuple[str, str, Sequence[tuple[float, Chip]]] | None = None
) -> ChipEmission:
    """The same of an analysis; `along` has the path and unit of a number and the chip at each of its values."""
    alone: dict[Analysis, Emission] = {}
    for node in analysis.nodes:
        if node not in alone:
            alone[node] = emission_of(node, pair=False)
    return ChipEmission(
        chip=analysis.chip,
        nodes=tuple(alone[node] for node in analysis.nodes),
        links=tuple(_links(analysis, along)) if coupled else (),
    )


def _links(analysis: ChipAnalysis, along: tuple[str, str, Sequence[tuple[float, Chip]]] | None) -> Iterator[LinkLines]:
    known: dict[Any, Pulling] = {}
    moved = [] if along is None else [
        ChipAnalysis(replace_links(chip, analysis), analysis.requested) for _, chip in along[2]
    ]  # fmt: skip
    for link in analysis.links:
        pair = link.pair
        if along is None:
            if pair not in known:
                known[pair] = pulling_of(pair)
            pulling = known[pair]
        else:
            pairs = [next(x for x in one.links if x.between == link.between) for one in moved]
            pulling = pulling_along([x.pair for x in pairs], along[0], along[1], [number for number, _ in along[2]])
        between = link.between[::-1] if link.mirrored else link.between
        yield LinkLines(between=between, coupling=link.coupling, detuning=pair.offset, pulling=pulling)


def replace_links(chip: Chip, analysis: ChipAnalysis) -> Chip:
    """The chip with the links that are judged where it stands named, whatever their strength elsewhere."""
    return Chip(
        chip.name, chip.nodes, chip.coupling, platform=chip.platform, description=chip.description,
        given=[link.between for link in analysis.links], spec=chip.spec,
    )  # fmt: skip


def twins_along(varied: Sequence[tuple[float, Any]], device: Any, coupling: float) -> list[tuple[float, Chip]]:
    """A device at some values of a number, each coupled to the device as it is."""
    matrix = [[0.0, coupling], [coupling, 0.0]]
    return [
        (number, Chip(device.name, [replace(one, name="A"), replace(device, name="B")], matrix, given=[("A", "B")]))
        for number, one in varied
    ]
