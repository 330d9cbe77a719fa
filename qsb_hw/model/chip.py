"""Devices on one chip or in one trap: the nodes, and the exchange coupling between every two of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from qsb_hw._typing import Complexes
from qsb_hw.arguments import real, square
from qsb_hw.errors import require, suggestion
from qsb_hw.lindblad.operators import frozen, is_hermitian
from qsb_hw.model.criterion import Criterion
from qsb_hw.model.device import DerivedQuantity, Device
from qsb_hw.model.display import html_tables
from qsb_hw.model.network import Network
from qsb_hw.model.oscillator import SelfOscillator
from qsb_hw.model.vocabulary import NEUTRAL


@dataclass(frozen=True, slots=True, eq=False, init=False)
class Chip:
    """Devices that exchange quanta: V = Σ_jk V_jk a_j†a_k (Lörch 2017 Eq. 4), in the order of the file.

    Parameters
    ----------
    name, platform, description : str
        From the file.
    nodes : sequence of Device
        Their names are the nodes' names, each another one.
    coupling : (N, N) array_like
        V_jk in rad/s with its sign, Hermitian, without diagonal.
    given : sequence of (str, str)
        Links that the file names; where it names none, those count whose coupling is visible.
    spec : Any
        The validated spec it was built from.
    criteria : sequence of Criterion
        Of the platform, on the chip as a whole (pumps against the other nodes' transitions, …).
    derived_quantities : sequence of DerivedQuantity
        Of the chip as a whole.
    file_sha256 : str, optional
        SHA-256 of the bytes of the file it was read from.

    Raises
    ------
    ArgumentError
        If there is no node, names repeat, a link is between unknown nodes, or the coupling is not Hermitian.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> chip = qh.load_chip("transmon_squid")  # the file of one device: the device and its twin
    >>> [node.name for node in chip.nodes], chip.links
    (['A', 'B'], (('A', 'B'),))
    >>> chip.network(levels=4).size
    2
    """

    name: str
    platform: str
    description: str
    nodes: tuple[Device, ...]
    coupling: Complexes
    given: tuple[tuple[str, str], ...] = ()
    spec: Any = None
    criteria: tuple[Criterion, ...] = ()
    derived_quantities: tuple[DerivedQuantity, ...] = field(default=())
    file_sha256: str | None = None

    def __init__(
        self,
        name: str,
        nodes: Sequence[Device],
        coupling: ArrayLike,
        *,
        platform: str = "",
        description: str = "",
        given: Sequence[tuple[str, str]] = (),
        spec: Any = None,
        criteria: Sequence[Criterion] = (),
        derived_quantities: Sequence[DerivedQuantity] = (),
        file_sha256: str | None = None,
    ) -> None:
        devices = all(isinstance(node, Device) for node in nodes)
        require(len(nodes) >= 1 and devices, "A chip must be made of at least one Device", nodes, "List its nodes.")
        names = [node.name for node in nodes]
        require(len(set(names)) == len(names), "Names of nodes must differ", ", ".join(names), "Rename one.")
        hint = "Give V_jk in rad/s, one row per node, 0 for none."
        matrix = square("`coupling`", coupling, len(nodes), hint)
        require(is_hermitian(matrix), "`coupling` must be Hermitian", "V ≠ V†", "Set V_kj = conj(V_jk).")
        hint = "A shift of a node's own frequency belongs in its ladder."
        require(not np.any(np.diag(matrix)), "`coupling` must have no diagonal", np.diag(matrix).tolist(), hint)
        for field_name, value in {
            "name": name,
            "platform": platform or nodes[0].platform,
            "description": description,
            "nodes": tuple(nodes),
            "coupling": frozen(matrix),
            "given": tuple((str(a), str(b)) for a, b in given),
            "spec": spec,
            "criteria": tuple(criteria),
            "derived_quantities": tuple(derived_quantities),
            "file_sha256": file_sha256,
        }.items():
            object.__setattr__(self, field_name, value)
        for a, b in self.given:
            require(self.index(a) != self.index(b), "A link must be between two nodes", f"{a}-{b}", "Name another one.")

    def __repr__(self) -> str:
        return f"Chip({self.name!r}, nodes: {', '.join(self.names)}; {len(self.links)} links)"

    @property
    def size(self) -> int:
        """Number of nodes."""
        return len(self.nodes)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the nodes."""
        return tuple(node.name for node in self.nodes)

    @property
    def drives(self) -> str:
        """What the platforms of its nodes call their drives, in one word."""
        words = {node.vocabulary.drives for node in self.nodes}
        return words.pop() if len(words) == 1 else NEUTRAL.drives

    def index(self, name: str) -> int:
        """Place of a node; `ArgumentError` with the nearest name if there is none."""
        near = partial(suggestion, str(name), self.names)
        require(name in self.names, "A node must be one of the chip's", repr(name), near)
        return self.names.index(name)

    def node(self, name: str) -> Device:
        """The device of that name; `ArgumentError` with the nearest name if there is none."""
        return self.nodes[self.index(name)]

    def coupling_between(self, first: str, second: str) -> complex:
        """V_jk in rad/s of two nodes."""
        return complex(self.coupling[self.index(first), self.index(second)])

    @property
    def links(self) -> tuple[tuple[str, str], ...]:
        """Pairs of nodes that couple, in the order of the nodes."""
        return tuple(
            (self.names[j], self.names[k])
            for j in range(self.size)
            for k in range(j + 1, self.size)
            if self.coupling[j, k]
        )

    def oscillator(self, name: str, levels: int | None = None) -> SelfOscillator:
        """The self-oscillator of a node with its lowest `levels` levels; all bound ones unless given."""
        return self.node(name).oscillator(levels)

    def network(
        self,
        levels: int | Mapping[str, int] | None = None,
        complete: bool = False,
        nodes: Sequence[str] | None = None,
        bath_levels: int | None = None,
    ) -> Network:
        """The nodes with their couplings as a network, ready to be solved.

        Parameters
        ----------
        levels : int or mapping of str to int, optional
            Of every ladder, or by node; all bound ones unless given.
        complete : bool
            Keep every bath; else they are eliminated.
        nodes : sequence of str, optional
            Which nodes, in this order; all unless given.
        bath_levels : int, optional
            Fock states of each auxiliary mode of complete nodes.

        Returns
        -------
        Network

        Raises
        ------
        ArgumentError
            If nodes are no list, one is unknown, or has fewer levels.
        """
        chosen = self.names if nodes is None else _names(nodes)
        require(len(set(chosen)) == len(chosen), "Nodes of a network must differ", ", ".join(chosen), "Leave one out.")
        places = [self.index(name) for name in chosen]
        each = levels if isinstance(levels, Mapping) else dict.fromkeys(chosen, levels)
        for name in each:
            self.index(name)
        oscillators = [replace(self.oscillator(name, each.get(name)), name=name) for name in chosen]
        coupling = self.coupling[np.ix_(places, places)]
        if complete:
            kept = (o if bath_levels is None else o.with_bath_levels(bath_levels) for o in oscillators)
            return Network([*kept], coupling)
        room = import_module("qsb_hw.elimination.eliminate")  # by name, when asked: data know nothing of elimination
        return Network([room.eliminate(oscillator) for oscillator in oscillators], coupling)

    def detuned(self, detunings: Mapping[str, float]) -> Chip:
        """The chip with every spacing of some nodes raised (rad/s), their tones following; couplings stay.

        Criteria on the chip as a whole were worked out for the frequencies it had: they count as not checked.
        """
        hint = 'Give {"A": rad/s}.'
        require(isinstance(detunings, Mapping), "Detunings must be given by node", type(detunings).__name__, hint)
        shifts = {self.index(name): real(f"The detuning of {name}", d, "Give rad/s.") for name, d in detunings.items()}
        nodes = [
            replace(node, complete=node.complete.detuned(shifts[place])) if place in shifts else node
            for place, node in enumerate(self.nodes)
        ]
        why = "Nodes were detuned after this was worked out. Write the new frequencies into the file."
        unchecked = tuple(replace(c, value=None, why=why) for c in self.criteria)
        return self.with_nodes(nodes, unchecked if any(shifts.values()) else None)

    def with_nodes(self, nodes: Sequence[Device], criteria: Sequence[Criterion] | None = None) -> Chip:
        """The chip with other devices in the places of its nodes, and other criteria on the whole if given."""
        return Chip(
            self.name,
            nodes,
            self.coupling,
            platform=self.platform,
            description=self.description,
            given=self.given,
            spec=self.spec,
            criteria=self.criteria if criteria is None else criteria,
            derived_quantities=self.derived_quantities,
            file_sha256=self.file_sha256,
        )

    def part(self, names: Sequence[str]) -> Chip:
        """The chip of some nodes alone, in this order; without what is derived and judged of the whole."""
        names = _names(names)
        places = [self.index(name) for name in names]
        return Chip(
            self.name,
            [self.nodes[place] for place in places],
            self.coupling[np.ix_(places, places)],
            platform=self.platform,
            description=self.description,
            given=[link for link in self.given if set(link) <= set(names)],
            spec=self.spec,
            file_sha256=self.file_sha256,
        )

    _repr_html_ = html_tables


def _names(given: Sequence[str]) -> tuple[str, ...]:
    """Names in a list; `ArgumentError` for a single text, whose letters would be read."""
    require(not isinstance(given, str), "Nodes must be a list of names", repr(given), 'Write ["A", "B"].')
    return tuple(given)
