"""A chip file: one table per node, in the order of the chip, and what couples them; the same on all platforms."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import combinations
from typing import Any, ClassVar, TypeVar, get_args

from pydantic import Field, ValidationError, create_model

from qsb_hw.errors import Problem, SpecError, shown, suggestion
from qsb_hw.spec.base import DeviceSpec, Given, Line, Prose, Section, optional
from qsb_hw.spec.mistakes import Mistake, problems_of
from qsb_hw.spec.protocol import ChipProtocolSection, chip_protocol_rules
from qsb_hw.spec.quantity import Frequency

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
"""Of a node."""
LIKE = "a node it is like: everything of that one but what is given here"


class Node(Section):
    """One device of a chip: the sections of a device file."""

    like: Line | None = optional(LIKE, "A")


class Link(Section):
    """What couples two nodes."""

    coupling: Frequency | None = optional("V/2π between the two, cyclic, with its sign; 0 Hz for none", "-300 kHz")


class ChipSpec(Section):
    """What every platform's chip file has: nodes and links by name."""

    name: Line = Field(description="name of the chip, for tables and labels")
    platform: Line = Field(description="tag of the platform")
    description: Prose = Field(default="", description="what the chip is, in a sentence")
    node: dict[str, Any] = Field(min_length=1, description="the devices, in the order of the chip")
    link: dict[str, Any] = Field(default={}, description="what couples two nodes; A-B, in either order")
    protocol: ChipProtocolSection | None = optional(
        "what `evolve` turns on when; pumps, then the couplings, unless given"
    )

    couplings: ClassVar[tuple[str, ...]] = ("coupling",)
    """Keys of a link that say how the two couple."""

    @classmethod
    def coupled_by_links(cls, table: Mapping[str, Any]) -> bool:  # noqa: ARG003
        """Whether nothing couples the nodes but links; overridden where something else can."""
        return True

    @classmethod
    def rules(cls, given: Given) -> Iterator[Mistake]:
        """Names that can be told apart; links between nodes that there are; no node left alone by mistake."""
        nodes = given.table.get("node")
        names = [str(name) for name in nodes] if isinstance(nodes, Mapping) else []
        yield from _name_rules(names)
        links = given.table.get("link", {})
        if names:
            yield from chip_protocol_rules(names, given.table.get("protocol"))
        if names and isinstance(links, Mapping):
            yield from _link_rules(names, [str(name) for name in links])
            if cls.coupled_by_links(given.table):
                yield from _unlinked_rules(names, links)
                yield from _empty_rules(cls.couplings, links)

    def links(self) -> dict[tuple[str, str], Any]:
        """Links by the names of their two nodes, in the order of the chip."""
        order = [*self.node]
        pairs = {tuple(sorted(key.split("-"), key=order.index)): link for key, link in self.link.items()}
        return {(a, b): link for (a, b), link in pairs.items()}


Spec = TypeVar("Spec", bound=ChipSpec)


def read_chip(model: type[Spec], table: Mapping[str, Any], source: str) -> Spec:
    """Chip in a table as read from the file `source`, every node with its own numbers.

    SpecError with everything wrong at once, each with its path; what a node inherits wrong is said once.
    """
    nodes = table.get("node")
    given = dict(nodes) if isinstance(nodes, Mapping) else {}
    merged, problems = expanded(given, node_model(model))
    broken = {problem.path.removeprefix("$.node.").removesuffix(".like") for problem in problems}
    found: tuple[Problem, ...] = ()
    try:
        spec = model.model_validate({**table, "node": merged} if given else table)
        if not problems:
            return spec
    except ValidationError as error:
        found = problems_of(error)
    said = {(problem.path, problem.message) for problem in found}
    kept = [problem for problem in found if not _inherited(problem, given, said, broken)]
    raise SpecError(source, (*problems, *kept))


def expanded(nodes: Mapping[str, Any], model: type[Node]) -> tuple[dict[str, Any], list[Problem]]:
    """Every node with what it inherits, without `like`; and what is wrong with each `like`."""
    problems: dict[str, Problem] = {}
    done: dict[str, Any] = {}
    for start in nodes:
        trail = [start]
        while trail[-1] not in done:
            own = nodes[trail[-1]]
            if not isinstance(own, Mapping) or "like" not in own:
                done[trail[-1]] = own
            elif problem := _like_problem(own["like"], nodes, trail):
                problems[trail[-1]] = Problem(f"$.node.{trail[-1]}.like", problem)
                done[trail[-1]] = _without_like(own)
            else:
                trail.append(own["like"])
        for name, other in zip(trail[-2::-1], trail[:0:-1], strict=True):
            rest, inherited = _without_like(nodes[name]), done[other]
            done[name] = model.merged(rest, inherited) if isinstance(inherited, Mapping) else rest
    return {name: done[name] for name in nodes}, [*problems.values()]


def _without_like(own: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in own.items() if key != "like"}


def _like_problem(other: object, nodes: Mapping[str, Any], trail: list[str]) -> str | None:
    if not isinstance(other, str):
        return f'must be the name of a node, but found {shown(other)}. Write like = "{next(iter(nodes))}".'
    if other in trail:
        loop = " → ".join([*trail[trail.index(other) :], other])
        return f"must lead to a node that gives its own numbers, but found a loop: {loop}. Let one of them go first."
    if other not in nodes:
        return f"must be a node of the file, but found {shown(other)}. {suggestion(other, nodes)}"
    return None


def node_model(model: type[ChipSpec]) -> type[Node]:
    """Class of the nodes of a chip."""
    found: type[Node] = get_args(model.model_fields["node"].annotation)[1]
    return found


@cache
def chip_of(spec: type[DeviceSpec]) -> type[ChipSpec]:
    """Chip file of a platform that adds nothing: its device files' sections by node, and links with V."""
    own = {
        key: info
        for key, info in spec.model_fields.items()
        if key not in (*DeviceSpec.model_fields, "pair", "protocol")
    }
    fields: dict[str, Any] = {key: (info.annotation, info) for key, info in own.items()}
    node = create_model(f"{spec.__name__}Node", __base__=Node, __doc__=spec.__doc__, **fields)
    described: Any = Field(default={}, description="what couples two nodes; A-B, in either order")
    tables: dict[str, Any] = {
        "platform": (spec.model_fields["platform"].annotation, spec.model_fields["platform"]),
        "node": (dict[str, node], Field(min_length=1, description="the devices, in the order of the chip")),  # type: ignore[valid-type]
        "link": (dict[str, Link], described),
    }
    return create_model(f"{spec.__name__}Chip", __base__=ChipSpec, __doc__=f"{spec.__doc__} Several.", **tables)


def at_node(name: str, problems: tuple[Problem, ...]) -> list[Problem]:
    """Problems of one device as those of a node."""
    return [Problem(f"$.node.{name}{problem.path[1:]}", problem.message) for problem in problems]


def _inherited(problem: Problem, nodes: Mapping[str, Any], said: set[tuple[str, str]], broken: set[str]) -> bool:
    """Whether a problem is one of a node that this one is like, or follows from a `like` that leads nowhere."""
    _, _, rest = problem.path.partition("$.node.")
    name, _, below = rest.partition(".")
    own = nodes.get(name)
    of_section = "." not in below  # said of all its keys together, its own and those it inherits
    if not below or not isinstance(own, Mapping) or "like" not in own or (_gives(own, below) and not of_section):
        return False
    other = own["like"]
    return (f"$.node.{other}.{below}", problem.message) in said or _leads_to(name, nodes, broken)


def _leads_to(name: str, nodes: Mapping[str, Any], broken: set[str]) -> bool:
    """Whether what a node is like, at whatever distance, has a `like` that is wrong."""
    for _ in nodes:
        own = nodes.get(name)
        other = own.get("like") if isinstance(own, Mapping) else None
        if name in broken or not isinstance(other, str):
            return name in broken
        name = other
    return True


def _gives(own: Mapping[str, Any], below: str) -> bool:
    inside: Any = own
    for step in re.split(r"[.\[]", below):
        if not isinstance(inside, Mapping) or step not in inside:
            return not isinstance(inside, Mapping)
        inside = inside[step]
    return True


def _name_rules(names: list[str]) -> Iterator[Mistake]:
    seen: dict[str, str] = {}
    for name in names:
        if not NAME.fullmatch(name):
            message = "must be named by a letter, then letters, digits and underscores (40 at most), but found"
            yield Mistake(("node", name), f"{message} {shown(name)}. Rename it.")
        elif (first := seen.setdefault(name.lower(), name)) != name:
            yield Mistake(("node", name), f"must not repeat the name {first}, whatever the case. Rename one.")


def _link_rules(names: list[str], links: list[str]) -> Iterator[Mistake]:
    seen: dict[frozenset[str], str] = {}
    for key in links:
        ends = key.split("-")
        unknown = [end for end in ends if end not in names]
        if len(ends) != 2 or len(set(ends)) != 2:
            given = {frozenset(other.split("-")) for other in links}
            free = (pair for pair in combinations(names, 2) if frozenset(pair) not in given)
            example = "-".join(next(free, ()))
            hint = f"Write [link.{example}]." if example else "Remove it: every two nodes have their link."
            message = f"must name two nodes, but found {shown(key)}. {hint}"
        elif unknown:
            message = f"must name two nodes of the file, but found {shown(unknown[0])}. {suggestion(unknown[0], names)}"
        elif (first := seen.setdefault(frozenset(ends), key)) != key:
            message = f"must be given once, but found also {first}. Remove one."
        else:
            continue
        yield Mistake(("link", key), message)


def _unlinked_rules(names: list[str], links: Mapping[str, Any]) -> Iterator[Mistake]:
    linked = {end for key in links for end in str(key).split("-")}
    for name in names if len(names) > 1 else ():
        if name not in linked:
            other = next(n for n in names if n != name)
            message = (
                f"must be linked to another node, but found no link. Write [link.{other}-{name}], with "
                'coupling = "0 Hz" if nothing is meant to couple to it.'
            )
            yield Mistake(("node", name), message)


def _empty_rules(keys: tuple[str, ...], links: Mapping[str, Any]) -> Iterator[Mistake]:
    for key, link in links.items():
        if isinstance(link, Mapping) and not set(link) & set(keys):
            message = f'must have {" or ".join(keys)}, but found none. Write coupling = "-300 kHz", with its sign.'
            yield Mistake(("link", str(key)), message)
