"""What the reference is made of: public names, the command line, JSON keys, file schemas, and the papers' figures.

`{commands}`, `{keys}`, `{schema}` and `{papers}` are directives whose content is Markdown made from the package.
``reference/api`` is written before Sphinx reads: one page for each room, with every public name.
"""

from __future__ import annotations

import importlib
import inspect
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

HERE = Path(__file__).parents[1]
API = HERE / "reference" / "api"
ROOMS = {
    "devices": ("Files and devices", ("devices", "spec", "units")),
    "verdict": ("Verdict, budgets and detection", ("questions",)),
    "analysis": ("Analyses and pairs", ("analysis",)),
    "explore": ("Sweeps, designs and tolerances", ("explore",)),
    "model": ("Models and data", ("model",)),
    "elimination": ("Elimination", ("elimination",)),
    "sync": ("Coupled oscillators", ("sync",)),
    "ensemble": ("Ensembles", ("ensemble",)),
    "solvers": ("Solvers and results", ("lindblad", "result")),
    "reports": ("Reports", ("show",)),
    "errors": ("Errors and warnings", ("errors", "_version")),
    "more": ("Further names", ()),
}
"""Pages of the reference, their titles and the rooms whose names they have; the last one takes what is left."""


def public_names() -> dict[str, list[str]]:
    """Public names by the page they stand on; the stub ``__init__.pyi`` is what says which names are public."""
    stub = (Path(importlib.import_module("qsb_hw").__file__ or "").parent / "__init__.pyi").read_text(encoding="utf-8")
    found: dict[str, list[str]] = {page: [] for page in ROOMS}
    for room, name in re.findall(r"^from \.(\w+)\S* import \w+ as (\w+)$", stub, re.M):
        page = next((page for page, (_, rooms) in ROOMS.items() if room in rooms), "more")
        found[page].append(name)
    return found


def write_api(app: Any) -> None:
    """Write the pages of the public names; a page that is as it was is left alone."""
    del app
    package = importlib.import_module("qsb_hw")
    API.mkdir(parents=True, exist_ok=True)
    for page, names in public_names().items():
        parts = [f"{ROOMS[page][0]}\n{'=' * len(ROOMS[page][0])}\n"]
        for name in sorted(names, key=str.lower):
            subject = getattr(package, name)
            kind = "class" if inspect.isclass(subject) else "function" if inspect.isfunction(subject) else "data"
            kind = "exception" if kind == "class" and issubclass(subject, BaseException) else kind
            hidden = "\n   :no-members:" if kind == "exception" else ""
            parts.append(f".. auto{kind}:: qsb_hw.{name}{hidden}\n")
        if names:
            write_page(page, parts)
        else:
            (API / f"{page}.rst").unlink(missing_ok=True)
    drawing = importlib.import_module("qsb_hw.plot")
    pictures = [f".. autofunction:: qsb_hw.plot.{name}\n" for name in drawing.__all__]
    write_page("pictures", ["Pictures\n========\n", ".. automodule:: qsb_hw.plot\n   :no-members:\n", *pictures])


def write_page(page: str, parts: Iterable[str]) -> None:
    """Write a page of the reference unless it is there as it is."""
    text, path = "\n".join(parts), API / f"{page}.rst"
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


_ATTRIBUTES: dict[str, list[str]] = {}


def plain_docstring(app: Any, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Docstrings are read as plain text: |n⟩ is no substitution and a* no emphasis; only `names` mean something."""
    del app, obj, options
    lines[:] = [
        line if line.lstrip().startswith((">>>", "...")) else
        re.sub(r"(`[^`]*`)|([|*])|(?<=\w)_(?=\W|$)", lambda m: m[1] or ("\\" + m[0]), line)
        for line in lines
    ]  # fmt: skip
    if what in ("attribute", "property", "data"):
        _ATTRIBUTES[name] = lines[:]


def attribute_docstring(app: Any, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """The text of an attribute as it was: what stands before a colon is no type."""
    del app, what, obj, options
    lines[:] = _ATTRIBUTES.pop(name, lines)


class Made(SphinxDirective):
    """A directive whose content is Markdown made from the package."""

    def run(self) -> list[nodes.Node]:
        """Parse what `lines` gives, in place."""
        text = StringList("\n".join(self.lines()).splitlines(), source=self.get_source_info()[0])
        return self.parse_text_to_nodes(str("\n".join(text)), allow_section_headings=True)

    def lines(self) -> Iterable[str]:
        """Markdown."""
        raise NotImplementedError


def cell(text: object) -> str:
    """Text in a cell of a Markdown table, which means itself."""
    return re.sub(r"([\\|*_`$<>\[\]{}#~])", r"\\\1", " ".join(str(text).split()))


def code(text: str) -> str:
    """Text in a cell as code."""
    return f"`{text}`".replace("|", "\\|") if text else ""


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """A Markdown table; cells are Markdown."""
    head = list(head)
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""


class Commands(Made):
    """Every command with its arguments and options, from the application itself."""

    def lines(self) -> Iterator[str]:
        """Markdown."""
        import typer

        from qsb_hw.cli.main import app

        group: Any = typer.main.get_command(app)
        for name, command in group.commands.items():
            if not command.hidden:
                yield from self._command(name, command)

    @staticmethod
    def _command(name: str, command: Any) -> Iterator[str]:
        shown = [p for p in command.params if not getattr(p, "hidden", False) and p.name != "help"]
        arguments = [p for p in shown if p.param_type_name == "argument"]
        options = [p for p in shown if p.param_type_name == "option"]
        usage = " ".join(p.metavar or p.name.upper() for p in arguments)
        yield f"(command-{name})="
        yield f"## qsb-hw {name}"
        yield ""
        yield " ".join(cell(part) for part in (command.help or "").split("\n\n"))
        yield ""
        yield "```text"
        yield f"qsb-hw {name} {usage} [OPTIONS]".replace("  ", " ")
        yield "```"
        yield ""
        if arguments:
            yield from table(
                ("argument", "meaning"), ((code(p.metavar or p.name), cell(p.help or "")) for p in arguments)
            )
        if options:
            yield from table(("option", "meaning"), ((option(p), cell(p.help or "")) for p in options))


def option(parameter: Any) -> str:
    """Names of an option and what it takes, as code."""
    takes = "" if parameter.is_flag else f" {parameter.metavar or 'TEXT'}"
    both = [*parameter.opts, *parameter.secondary_opts]
    return ", ".join(code(name + (takes if k == 0 else "")) for k, name in enumerate(both))


class Keys(Made):
    """Every key of every record."""

    def lines(self) -> Iterator[str]:
        """Markdown."""
        from itertools import groupby

        from qsb_hw.show.keys import all_keys

        for verb, keys in groupby(all_keys(), key=lambda one: one.verb):
            yield f"## {verb}"
            yield ""
            yield from table(
                ("key", "unit", "meaning"), ((code(one.key), cell(one.unit or ""), cell(one.meaning)) for one in keys)
            )


class Schema(Made):
    """Every key of device and chip files, section by section; one that was shown is not shown again."""

    def lines(self) -> Iterator[str]:
        """Markdown."""
        schema, seen = file_schema(), dict[str, str]()
        for one in schema["oneOf"]:
            name = one["$ref"].rpartition("/")[2]
            top = schema["$defs"][name]
            platform = example_of(top["properties"]["platform"]).strip('"')
            kind = "chip" if "node" in top["properties"] else "device"
            yield f"## {platform}, {kind} file"
            yield ""
            yield cell(top.get("description", ""))
            yield ""
            yield from self._section(top, "", f" of a {kind} of {platform}", schema["$defs"], seen)

    def _section(
        self, own: Mapping[str, Any], path: str, whose: str, known: Mapping[str, Any], seen: dict[str, str]
    ) -> Iterator[str]:
        below = {key: list(_sections_of(value, known)) for key, value in own["properties"].items()}
        plain = [key for key, sections in below.items() if not sections]
        if plain:
            yield f"**{cell(f'[{path}]') if path else 'Top of the file'}**"
            yield ""
            yield from table(
                ("key", "example", "meaning"),
                ((code(key), code(example_of(own["properties"][key])), _meaning(own, key)) for key in plain),
            )
        for key, sections in below.items():
            for name, more in sections:
                inside = f"{path}.{key}{more}".lstrip(".")
                if name in seen:
                    yield f"**{cell(f'[{inside}]')}**: as {cell(f'[{seen[name]}]')} above."
                    yield ""
                else:
                    seen[name] = inside + whose
                    yield from self._section(known[name], inside, whose, known, seen)


def _meaning(owner: Mapping[str, Any], key: str) -> str:
    required = " *Required.*" if key in owner.get("required", ()) else ""
    return cell(owner["properties"][key].get("description", "")) + required


def file_schema() -> dict[str, Any]:
    """What ``qsb-hw specs --schema`` prints."""
    from typer.testing import CliRunner

    from qsb_hw.cli.main import app

    found: dict[str, Any] = json.loads(CliRunner().invoke(app, ["specs", "--schema"]).stdout)
    return found


def _choices(value: Any) -> Iterator[Any]:
    yield value
    for one in (*value.get("anyOf", ()), *value.get("oneOf", ())):
        yield from _choices(one)


def _sections_of(value: Any, known: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Names of the tables a key may hold, and how their heading in TOML goes on."""
    for one in _choices(value):
        more = one.get("additionalProperties")
        named = _choices(more) if isinstance(more, dict) else ()
        inside = [(one, ""), (one.get("items") or {}, "[]"), *((choice, ".NAME") for choice in named)]
        for found, heading in inside:
            name = found.get("$ref", "").rpartition("/")[2]
            if "properties" in known.get(name, ()) and not name.endswith("Like"):
                yield name, heading


def example_of(value: Any) -> str:
    """An example of what a key holds, as it is written in TOML."""
    for one in _choices(value):
        if one.get("examples"):
            return json.dumps(one["examples"][0], ensure_ascii=False)
        if "const" in one:
            return json.dumps(one["const"])
        if "enum" in one:
            return " or ".join(json.dumps(x) for x in one["enum"])
    return json.dumps(value["default"]) if value.get("default") is not None else ""


class Papers(Made):
    """Every figure of the papers, recomputed, and the numbers printed beside ours."""

    def lines(self) -> Iterator[str]:
        """Markdown."""
        found = json.loads((HERE / "recorded" / "papers.json").read_text(encoding="utf-8"))
        for paper, title in (("loerch2017", "Lörch et al. 2017"), ("nadolny2023", "Nadolny and Bruder 2023")):
            yield f"## {title}"
            yield ""
            for one in found["figures"]:
                name = one["figure"]
                if not name.startswith(paper):
                    continue
                yield f"### {name}"
                yield ""
                yield (
                    cell(one["title"][0].upper() + one["title"][1:])
                    + "."
                    + (" Drawn on a coarser grid than the command's." if one["coarser"] else "")
                )
                yield ""
                yield f"```{{image}} /figures/{name}.png\n:alt: {name}, {one['title']}\n```"
                yield ""
                compared = [c for c in found["compared"] if c["figure"] == name]
                if compared:
                    yield from table(
                        ("quantity", "printed", "ours", "error of ours"),
                        ([cell(c[key]) for key in ("quantity", "printed", "ours", "error")] for c in compared),
                    )


class CriteriaTable(Made):
    """Every criterion of the shipped platforms with its bound."""

    def lines(self) -> Iterator[str]:
        """Markdown."""
        import qsb_hw as qh
        from qsb_hw.units import show

        found: dict[str, tuple[Any, list[str]]] = {}
        sources = {
            "circuit": qh.assess(qh.load_device("kerr_squid_array"), levels=6, pair_levels=3).criteria,
            "ion": qh.assess(qh.load_device("ion_surface_trap_brown2011")).criteria,
            "chip of circuits": qh.load_chip("three_transmons").criteria,
            "chip of ions": qh.load_chip("ion_pair_mixed").criteria,
        }
        for where, criteria in sources.items():
            for one in criteria:
                found.setdefault(one.key, (one, []))[1].append(where)
        for kind in dict.fromkeys(one.kind for one, _ in found.values()):
            rows = [
                (cell(one.name), f"{one.sense.value} {show(one.bound, one.unit)}".replace(" ", "\u00a0"),
                 f"{one.required_margin:g}×",
                 "both" if {"circuit", "ion"} <= set(where) else ", ".join(where), code(one.key))
                for one, where in found.values() if one.kind is kind
            ]  # fmt: skip
            yield f"### {kind.value.capitalize()}"
            yield ""
            yield from table(("criterion", "bound", "required margin", "platform", "key"), rows)


def setup(app: Any) -> dict[str, bool]:
    """Register directives and events."""
    app.connect("builder-inited", write_api)
    app.connect("autodoc-process-docstring", plain_docstring, priority=400)
    app.connect("autodoc-process-docstring", attribute_docstring, priority=600)  # after napoleon
    for name, directive in (
        ("commands", Commands),
        ("keys", Keys),
        ("schema", Schema),
        ("papers", Papers),
        ("criteria", CriteriaTable),
    ):
        app.add_directive(name, directive)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
