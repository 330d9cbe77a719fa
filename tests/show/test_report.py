"""Reports: their numbers are those of the records, they need nothing outside, and nothing gets in from a file."""

import base64
import csv
import gzip
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from io import StringIO
from itertools import pairwise
from types import SimpleNamespace
from urllib.parse import unquote
from xml.etree.ElementTree import TreeBuilder

import numpy as np
import pytest

import qsb_hw as qh
from qsb_hw.devices.catalog import platforms
from qsb_hw.errors import ArgumentError
from qsb_hw.plot import plot_error_budget
from qsb_hw.questions.pair_records import Receivers, recorded
from qsb_hw.show.criteria import margin_text, value_text
from qsb_hw.show.fields import With
from qsb_hw.show.record import CHECK
from qsb_hw.show.records import RECORDED
from qsb_hw.show.report import part_keys
from qsb_hw.show.report.document import _environment, _link, escaped
from qsb_hw.show.report.part import PartProgress, results_in
from qsb_hw.show.report.pictures import drawn
from qsb_hw.show.text import number, population, quantity, rounded, transition

LARGEST = 3_000_000
VOID = {"meta", "link", "br", "img", "hr", "input", "base"}
SMALL = {"levels": 4, "pair_levels": 3, "bath_levels": 2}
DEVICES = ("kerr_squid_array", "ion_lattice_ca40", "ion_surface_trap_brown2011", "photon_pressure")
CHEAP = ("verdict", "device", "instruments", "effective", "compare", "sync", "approximations", "numerics", "sources",
         "conventions")  # fmt: skip
"""Of the ions; the Kerr resonator and the chip have every part."""
EVIL = """</script><script>alert(1)</script>"'><img src=x onerror=alert(2)> {{7*7}} $x$ ]]> &lt;b&gt; | [a](b)"""


class Reader(HTMLParser):
    """A page as a tree, every element of which must be closed where it was opened."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.builder, self.open = TreeBuilder(), []

    def handle_starttag(self, tag, attrs):
        self.builder.start(tag, {name: value or "" for name, value in attrs})
        if tag in VOID:
            self.builder.end(tag)
        else:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.builder.start(tag, {name: value or "" for name, value in attrs})
        self.builder.end(tag)

    def handle_endtag(self, tag):
        assert self.open
        assert self.open[-1] == tag, f"</{tag}> in <{self.open[-1]}>"
        self.builder.end(self.open.pop())

    def handle_data(self, data):
        if self.open:
            self.builder.data(data)


def tree(html):
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == []
    return reader.builder.close()


def text_of(element):
    return " ".join("".join(element.itertext()).split())


def rows_of(table):
    return [[text_of(cell) for cell in row] for row in table.iter("tr")]


def tables_of(page):
    """Rows of every table, by its caption."""
    found = {}
    for table in page.iter("table"):
        caption = table.find("caption")
        rows = rows_of(table)
        found["" if caption is None else text_of(caption)] = rows
    return found


def record_in(page):
    return json.loads(data_of(next(a for a in page.iter("a") if a.get("id") == "every-number").get("href")))


def data_of(link):
    """What a data: URI holds."""
    head, _, content = link.partition(",")
    if not head.endswith(";base64"):
        return unquote(content)
    packed = base64.b64decode(content)
    return (gzip.decompress(packed) if "gzip" in head else packed).decode()


@pytest.fixture(scope="module", autouse=True)
def coarse():
    """Drifts, slopes, lines and curves of pairs are found coarsely and errors of Fock states are made up here.

    Each of them has tests of its own.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("qsb_hw.explore.pump_table.ACCURACY_OF_LIMIT", 0.3)
        patch.setattr("qsb_hw.explore.pump_table.GROWTH", 32.0)
        patch.setattr("qsb_hw.explore.sensitivities.HALVINGS", 2)
        patch.setattr("qsb_hw.show.report.explored.QUANTITIES", ("kerr", "gamma", "P"))
        patch.setattr("qsb_hw.analysis.size.bath_error", lambda *_: 1e-3)
        patch.setattr("qsb_hw.analysis.pair.BACKGROUND", 7)
        patch.setattr("qsb_hw.analysis.pair.LINE_STEPS", (0.5, 1.0, 2.0))
        patch.setattr("qsb_hw.questions.lines.BETWEEN", 7)
        patch.setattr("qsb_hw.questions.lines.STEPS", (0.0, 0.5, 1.5, 3.0))
        yield


@pytest.fixture(scope="module")
def made(assessment, device_budget, many_devices):
    """Reports of small devices of either platform, with and without a Fock state, and of a chip."""
    from qsb_hw.show.report import explored, parts

    with pytest.MonkeyPatch.context() as patch:  # made once for all tests
        patch.setattr(parts, "budgeted", lambda _analysis: device_budget)
        patch.setattr(parts, "ensemble_of", lambda _analysis: many_devices)
        only = {"kerr_squid_array": assessment.report()}
    with pytest.MonkeyPatch.context() as patch:  # limits of the settings of one device are enough
        patch.setattr(explored, "pump_table", lambda of, **options: qh.pump_table(of, **options | {"limits": False}))
        only["ion_lattice_ca40"] = qh.report("ion_lattice_ca40", only=CHEAP, **SMALL)
        only["ion_surface_trap_brown2011"] = qh.report("ion_surface_trap_brown2011", only=CHEAP)
        only["photon_pressure"] = qh.report("photon_pressure")
        only["ion_pair_mixed"] = qh.report("ion_pair_mixed", **SMALL)
    assert [name for name, found in only.items() if not found.ok] == []
    return {name: (found, found.html()) for name, found in only.items()}


@pytest.fixture(scope="module")
def pages(made):
    return {name: tree(html) for name, (_, html) in made.items()}


def test_every_part_is_shown_in_one_of_these_reports(made):
    """So that what every page must be holds of every part."""
    for name, chip in (("kerr_squid_array", False), ("ion_pair_mixed", True)):
        shown = [solved.part.key for solved in made[name][0].parts if solved.blocks and not solved.missing]
        assert shown == list(part_keys(chip=chip))


def test_records_of_a_report_are_those_of_the_question(made, pages, analysis):
    found = recorded(analysis.pair, Receivers(), analysis.device)
    part = next(one["record"] for one in record_in(pages["kerr_squid_array"])["parts"] if one["key"] == "record")
    assert part == json.loads(json.dumps(RECORDED.record(found)))
    tables = tables_of(pages["kerr_squid_array"])
    for point in part["points"]:
        rows = tables[f"S by joint tomography, {point['synchronization']['shots']} shots, {point['where']}"]
        shown = dict(zip((row[0] for row in rows), rows, strict=True))
        record = point["synchronization"]
        assert shown["of the state"][1] == number(record["S_state"])
        expected = [*rounded(record["S"], record["standard_error"])]
        assert shown["one record, each shot at the others' phase"][1:3] == expected
    links = next(one["record"] for one in record_in(pages["ion_pair_mixed"])["parts"] if one["key"] == "record")[
        "links"
    ]
    assert [link["names"] for link in links] == [["A", "B"]]
    assert "no output field of a mode is collected here" in links[0]["skipped"][0]


def test_what_is_not_certified_says_so_wherever_it_is_kept(assessment):
    bad = replace(assessment.comparison.full, status=qh.Status.FAILED, message="stopped early")
    for kept in (bad, With(assessment, evolution=bad), {"points": (bad,)}, [bad]):
        assert [one.message for one in results_in(kept) if not one.ok] == ["stopped early"]


def test_what_takes_long_of_a_chip_says_who_has_it(monkeypatch):
    from qsb_hw.show.report import explored

    monkeypatch.setattr(explored, "MOST_NODES", 1)
    left = qh.report("ion_pair_mixed", only=["verdict"], **SMALL)
    assert left.ok
    others = [key for key in part_keys(chip=True) if key not in ("noise", "instruments")]
    found = qh.report("ion_pair_mixed", skip=others, **SMALL)
    noise, settings = sorted(found.parts, key=lambda solved: solved.part.key == "instruments")
    assert noise.missing.endswith("there are 2. `qsb-hw report --only noise` has it, or `--complete`.")
    assert not settings.found.nominal
    assert (
        "each unlike node takes several seconds, and there are 2. `qsb-hw report --only instruments`" in settings.intro
    )
    assert settings.intro.replace("`", "") in text_of(tree(found.html()))


def test_the_hash_is_that_of_the_bytes_that_were_read(tmp_path):
    file = tmp_path / "device.toml"
    text = qh.shipped_specs()["photon_pressure"].read_bytes()
    file.write_bytes(text)
    device = qh.load_device(file)
    file.write_bytes(text + b"# changed while it was computed\n")
    found = qh.report(device, only=["sources"], file=str(file))
    digest = hashlib.sha256(text).hexdigest()
    assert found.record["provenance"]["input"]["file_sha256"] == digest
    assert digest in found.html()
    assert qh.report(str(file), only=["sources"]).record["provenance"]["input"]["file_sha256"] != digest


def test_a_report_holds_the_record_of_the_verdict(made, pages):
    for name in DEVICES[:2]:
        inside = {part["key"]: part["record"] for part in record_in(pages[name])["parts"]}
        found, _ = made[name]
        assessment = next(solved.found for solved in found.parts if solved.part.key == "verdict")
        assert inside["verdict"] == json.loads(json.dumps(CHECK.record(assessment)))


def test_its_numbers_are_those_of_check(qsb_json, pages):
    small = [word for key, value in SMALL.items() for word in (f"--{key.replace('_', '-')}", value)]
    for name, options in (("ion_lattice_ca40", small), ("photon_pressure", []), ("ion_surface_trap_brown2011", [])):
        record = qsb_json("check", name, *options, "--json")
        inside = {part["key"]: part["record"] for part in record_in(pages[name])["parts"]}
        for key in ("verdict", "device", "oscillator", "effective", "criteria", "comparison", "synchronization"):
            assert inside["verdict"][key] == record[key], (name, key)


@pytest.fixture
def qsb_json(capsys):
    from qsb_hw.cli.main import run

    def call(*arguments):
        assert run([str(a) for a in arguments]) in (0, 1)
        return json.loads(capsys.readouterr().out)

    return call


def test_its_tables_show_the_numbers_of_the_record(pages):
    for name in DEVICES:
        tables, record = tables_of(pages[name]), record_in(pages[name])
        check = next(part["record"] for part in record["parts"] if part["key"] == "verdict")
        shown = {row[0]: row for rows in tables.values() for row in rows if rows[0][:2] == ["criterion", "value"]}
        checked = [c for c in check["criteria"] if c["value"] is not None]
        assert len(shown) == len(checked) + 1
        for c in checked:
            bound = f"{c['sense']} {quantity(c['bound'], c['unit'], 3)}"
            assert shown[c["name"]][1:3] == [value_text(SimpleNamespace(**c)), bound]
            if c["margin"] is not None:
                assert shown[c["name"]][3] == margin_text(c["margin"], c["required_margin"])
        derived = {row[0]: row[1] for row in tables["Derived from these"]}
        for one in check["device"]["derived_quantities"]:
            assert derived[one["name"]] == quantity(one["value"], one["unit"], 6)
        values = {row[0]: row[1] for row in tables["From the file"]}
        assert record["provenance"]["input"] is not None
        for path, text in record["provenance"]["input"]["values"].items():
            if path not in ("name", "platform", "description"):
                assert values[path] == str(text)


@pytest.mark.parametrize("name", [*qh.shipped_specs(), *qh.shipped_chips()])
def test_every_shipped_file_has_a_page_with_the_numbers_of_its_record(name, pages):
    """The cheap parts of devices and chips: every check, every value of the file, every derived quantity."""
    if name in pages:
        page = pages[name]
    else:
        found = qh.report(name, only=["verdict", "device", "sources"], **SMALL)
        assert found.ok
        page = tree(found.html())
    assert_everyone_can_read(page, name)
    record = record_in(page)
    check = record["parts"][0]["record"]
    shown = [row for table in page.iter("table") for row in rows_of(table)]
    for c in check["criteria"]:
        if c["margin"] is not None:
            bound = f"{c['sense']} {quantity(c['bound'], c['unit'], 3)}"
            margin = margin_text(c["margin"], c["required_margin"])
            assert [c["name"], value_text(SimpleNamespace(**c)), bound, margin] in [row[:4] for row in shown], c["name"]
    tables = tables_of(page)
    values = {row[0]: row[1] for row in tables["From the file"]}
    for path, text in record["provenance"]["input"]["values"].items():
        if path not in ("name", "platform", "description"):
            assert values[path] == str(text)
    told = check["device"] if "device" in check else check["chip"]
    derived = {row[0]: row[1] for row in tables.get("Derived from these", [])}
    for one in told["derived_quantities"]:
        assert derived[one["name"]] == quantity(one["value"], one["unit"], 6)


def test_populations_rates_and_synchronization_are_those_of_the_record(pages):
    for name in DEVICES[:2]:
        tables, record = tables_of(pages[name]), record_in(pages[name])
        check = next(part["record"] for part in record["parts"] if part["key"] == "verdict")
        comparison, pair = check["comparison"], check["synchronization"]
        rows = tables["Populations in the steady state"][1:]
        for n, row in enumerate(rows):
            models = (comparison[f"populations_{model}"] for model in ("full", "eliminated", "published"))
            assert row[1:4] == [population(one[n]) for one in models]
        rates = next(rows for caption, rows in tables.items() if caption.startswith("Rates per transition"))[1:]
        effective = check["effective"]
        for up, down, row in zip(effective["up_rates"], effective["down_rates"], rates, strict=True):
            assert row[2:4] == [number(up), number(down)]
        shown = next(rows for caption, rows in tables.items() if caption.startswith("Two such devices"))[1:]
        known = {transition(at): k for k, at in enumerate(pair["full_detuning_hz"])}
        for row in shown:
            k = known[row[0]]
            assert row[2:4] == [number(pair["S_full"][k]), number(pair["S_eliminated"][k])]


def test_a_page_needs_nothing_outside(made, pages):
    for name, page in pages.items():
        html = made[name][1]
        assert len(html.encode()) <= LARGEST
        for element in page.iter():
            for attribute, value in element.attrib.items():
                assert not attribute.startswith("on"), (name, attribute)
                if attribute in ("src", "href", "xlink:href", "data", "action", "srcset"):
                    assert value.startswith(("data:", "#")), (name, value[:60])
                if attribute == "style":
                    assert not re.search(r"url\((?!#)", value)
        css = "".join(style for sheet in page.iter("style") for style in sheet.itertext())
        assert "url(" not in css
        assert "@import" not in css
        assert list(page.iter("script")) == []
        assert "default-src 'none'" in html


def test_headings_names_and_descriptions_are_there_for_everyone(pages):
    for name, page in pages.items():
        assert_everyone_can_read(page, name)


def assert_everyone_can_read(page, name):
    assert page.get("lang") == "en"
    assert text_of(page.find("head/title"))
    levels = [int(e.tag[1]) for e in page.iter() if re.fullmatch("h[1-6]", e.tag)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(b <= a + 1 for a, b in pairwise(levels)), levels
    assert all(text_of(e) for e in page.iter() if re.fullmatch("h[1-6]|caption|th|figcaption|a", e.tag))
    ids = [e.get("id") for e in page.iter() if e.get("id")]
    assert len(ids) == len(set(ids)), name
    for link in page.iter("a"):
        if link.get("href").startswith("#"):
            assert link.get("href")[1:] in ids
    for svg in page.iter("svg"):
        assert svg.get("role") == "img"
        named = [e for key in svg.get("aria-labelledby").split() for e in svg if e.get("id") == key]
        assert [e.tag for e in named] == ["title", "desc"]
        assert all(text_of(e) for e in named)
    for table in page.iter("table"):
        assert table.find("caption") is not None
        assert all(th.get("scope") in ("col", "row") for th in table.iter("th"))
    for element in page.iter():
        if element.get("role") == "region":
            assert element.get("aria-label")
    assert page.find("body/a").get("class") == "skip"
    assert {child.tag for child in page.find("body")} >= {"header", "nav", "main"}


def luminance(colour):
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    """WCAG 2: (L1 + 0.05)/(L2 + 0.05)."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_colours_of_texts_and_lines_have_contrast_in_light_and_dark(made):
    css = made["photon_pressure"][1].partition("<style>")[2].partition("</style>")[0]
    light, rest = css.partition("@media screen and (prefers-color-scheme: dark)")[::2]
    dark, plate = rest.partition(".plate")[::2]
    first = dict(re.findall(r"--([\w]+): (#[0-9a-f]{6})", light))
    for found in (first, first | dict(re.findall(r"--([\w]+): (#[0-9a-f]{6})", dark)),
                  dict(re.findall(r"--([\w]+): (#[0-9a-f]{6})", plate.partition("}")[0]))):  # fmt: skip
        for name, colour in found.items():
            if name in ("ink", "text", "quiet", "good", "warning", "bad", "link") or name.startswith("t0"):
                assert contrast(colour, found["paper"]) >= 4.5, name
                assert contrast(colour, found["card"]) >= 4.5, name
            elif re.fullmatch("[ct][0-9a-f]{6}", name):
                assert contrast(colour, found["paper"]) >= (4.5 if name[0] == "t" else 3.0), name


def test_data_of_figures_are_what_is_drawn(made, pages):
    page = pages["kerr_squid_array"]
    links = {a.get("download"): a.get("href") for a in page.iter("a") if a.get("download")}
    check = next(part["record"] for part in record_in(page)["parts"] if part["key"] == "verdict")
    rows = list(csv.reader(StringIO(data_of(links["kerr_squid_array_populations.csv"]))))
    full = [float(row[3]) for row in rows if row[1] == "full model"]
    assert full == pytest.approx(check["comparison"]["populations_full"], rel=1e-5)
    rows = list(csv.reader(StringIO(data_of(links["kerr_squid_array_margins.csv"]))))
    names = {row[3] for row in rows}
    assert {c["name"] for c in check["criteria"] if c["margin"] is not None} <= names
    assert record_in(page) == json.loads(json.dumps(made["kerr_squid_array"][0].record))
    for text in (EVIL, EVIL * 1000):
        assert data_of(_link("application/json", text)) == text
        assert data_of(_link("application/gzip", text, packed=True)) == text


def test_the_same_report_is_written_twice():
    found = qh.report("photon_pressure", only=["effective"])
    html = found.html()
    assert found.html() == html
    again = qh.report("photon_pressure", only=["effective"])
    dated = re.compile(r"\d{4}-\d\d-\d\dT[\d:+]+")

    def undated(text):
        without = re.sub('href="data:application/json[^"]*"', "", text)
        return dated.sub("", without)

    assert undated(again.html()) == undated(html)


def test_parts_are_chosen_and_what_is_missing_says_why(made):
    found = qh.report("photon_pressure", brief=True, skip=["device"])
    assert [solved.part.key for solved in found.parts] == ["verdict", "instruments", "sync", "numerics"]
    assert found.ok
    page = tree(found.html())
    assert "Kerr" not in text_of(page.find("body/main"))[:20]
    section = next(s for s in page.iter("section") if s.get("aria-labelledby") == "left-out")
    assert re.match("Left out Synchronization of two such devices: No Fock state", text_of(section))
    assert found.markdown().count("No Fock state is stabilised: ") == 1
    with pytest.raises(ArgumentError, match=r"verdict, device.*found 'verdikt'"):
        qh.report("photon_pressure", only=["verdikt"])
    with pytest.raises(ArgumentError, match=r"conventions, but found 'nothing'. Choose one of these.$"):
        qh.report("photon_pressure", only=["nothing"])
    assert part_keys()[:2] == part_keys(chip=True)[:2] == ("verdict", "device")
    assert set(made["ion_pair_mixed"][0].record["parts"][0]["record"]) >= {"chip", "nodes", "links"}


def test_spectra_of_many_links_are_there_where_asked_for(monkeypatch):
    from qsb_hw.show.report import chip_parts

    def asked(_analysis):
        raise RuntimeError("solved")

    monkeypatch.setattr(chip_parts, "MOST_LINKS", 0)
    monkeypatch.setattr(chip_parts, "chip_emission_of", asked)
    others = [key for key in part_keys(chip=True) if key != "spectrum"]
    left = qh.report("ion_pair_mixed", skip=others, **SMALL)
    assert left.ok
    assert "there are 1. `qsb-hw report --only spectrum` has it, or `--complete`." in left.parts[0].missing
    for options in ({"only": ["spectrum"]}, {"skip": others, "complete": True}):
        assert "RuntimeError: solved" in qh.report("ion_pair_mixed", **options, **SMALL).parts[0].missing


def test_a_part_that_fails_says_so_and_stops_nothing(monkeypatch):
    from qsb_hw.show.report import parts

    def broken(_found):
        raise RuntimeError(EVIL)

    hurt = tuple(
        replace(part, view=broken) if part.key == "device"
        else replace(part, pictures=(replace(part.pictures[0], draw=broken),)) if part.key == "effective" else part
        for part in parts.PARTS
    )  # fmt: skip
    monkeypatch.setattr(parts, "PARTS", hurt)
    found = qh.report("photon_pressure")
    assert not found.ok
    assert [solved.part.key for solved in found.parts if solved.failed] == ["device"]
    page = tree(found.html())
    words = text_of(page.find("body/main"))
    assert words.count("RuntimeError") == 2
    assert "Requirements of the effect" in words
    assert_harmless(page)


def with_sources(table):
    from qsb_hw.spec.quantity import Quantity

    def told(value):
        if isinstance(value, dict):
            return {key: told(one) for key, one in value.items()}
        return replace(value, source=EVIL) if isinstance(value, Quantity) else value

    return told(table)


def assert_harmless(page):
    tags = {element.tag for element in page.iter()}
    assert not tags & {"script", "img", "b", "iframe", "object", "embed", "form"}
    assert not any(key.startswith("on") for element in page.iter() for key in element.attrib)
    record_in(page)


def test_texts_of_a_file_stay_texts(assessment):
    from qsb_hw.spec.paths import prepared

    table = with_sources(prepared(qh.load_device("photon_pressure").spec)) | {"name": EVIL, "description": EVIL}
    device = qh.device_from_spec(table, EVIL)
    found = qh.report(device, file=EVIL, command=["report", EVIL])
    html = found.html()
    page = tree(html)
    assert_harmless(page)
    assert "49" not in text_of(page.find("body/header/h1"))
    assert EVIL in "".join(page.find("body/header/p").itertext())
    assert record_in(page)["name"] == EVIL
    assert EVIL in [row[-1] for row in tables_of(page)["From the file"]]
    markdown = found.markdown()
    assert "<script" not in markdown
    assert "<img" not in markdown
    assert "[a](b)" not in markdown.replace(r"\[a\]\(b\)", "")
    figure, _ = plot_error_budget(replace(assessment.budget, name=EVIL))  # a name in a figure
    svg = drawn(figure, "costs", EVIL, EVIL, themed=True, plate=False, data=True).svg
    inside = {element.tag for element in tree(f"<main>{svg}</main>").iter()}
    assert not inside & {"script", "img", "style"}
    assert "alert(1)" in text_of(tree(f"<main>{svg}</main>"))


def test_texts_of_a_chip_stay_texts():
    from qsb_hw.model.chip import Chip

    one = qh.load_device("photon_pressure")
    chip = Chip(EVIL, [replace(one, name=EVIL[:20]), replace(one, name="B" + EVIL)], [[0, 1e5], [1e5, 0]])
    found = qh.report(chip, skip=["noise", "ensemble"])
    assert found.ok
    page = tree(found.html())
    assert_harmless(page)
    assert EVIL in text_of(page.find("body/header/h1"))


def test_progress_names_the_part():
    seen = []
    qh.report("photon_pressure", only=["verdict", "effective"], progress=lambda *stage: seen.append(stage[0]))
    assert [stage for stage in seen if ":" not in stage] == ["Verdict", "The effective oscillator"]
    named = PartProgress(lambda *stage: seen.append(stage))
    named.begin("Spectra")
    named("lines", 1, 2)
    assert seen[-2:] == [("Spectra", 0, 0), ("Spectra: lines", 1, 2)]


def test_markup_in_a_text_is_escaped():
    assert _environment().autoescape is True
    assert _environment().from_string("{{ text }}").render(text="<b>") == "&lt;b&gt;"
    assert "<" not in escaped(EVIL)
    assert "\u202e" not in escaped("\u202eabc")


def test_results_have_reports_of_their_own(assessment, hopeless):
    found = hopeless.report(only=["verdict", "sources"])
    assert [solved.part.key for solved in found.parts] == ["verdict", "sources"]
    assert next(solved.found for solved in found.parts) is hopeless
    page = tree(assessment.budget.report().html())
    assert any(caption.startswith("Cost of each approximation") for caption in tables_of(page))
    with pytest.raises(ArgumentError, match="with tables, but found SteadyState"):
        assessment.comparison.full.report()


def test_every_platform_has_parts_for_its_words(pages):
    assert set(platforms()) == {"transmon_squid", "ion_trap"}
    ion = text_of(pages["ion_lattice_ca40"].find("body/main"))
    assert "Lasers of ion_lattice_ca40" in ion
    assert "cavity" not in " ".join(text_of(c) for c in pages["ion_lattice_ca40"].iter("caption"))
    assert "Pumps of kerr_squid_array" in text_of(pages["kerr_squid_array"].find("body/main"))


def test_markdown_has_the_same_tables(made):
    found, html = made["photon_pressure"]
    text = found.markdown()
    assert text.count("\n## ") == len(found.parts) + 1
    tables = tables_of(tree(html))
    body = [line for line in text.splitlines() if line.startswith("|") and not re.fullmatch(r"[|\s:-]+", line)]
    rows = sum(len(rows) for rows in tables.values())
    assert abs(len(body) - rows) <= len(tables)
    images = re.findall(r"!\[[^\n]*\]\[([\w-]+)\]", text)
    assert images
    for key in images:
        encoded = re.search(rf"^\[{key}\]: data:image/svg\+xml;base64,(\S+)$", text, re.M)[1]
        assert base64.b64decode(encoded).decode().lstrip().startswith("<svg")


@pytest.mark.browser
def test_pages_open_from_the_disk_without_error_or_request(browser, made, tmp_path):
    for name, (_, html) in made.items():
        file = tmp_path / f"{name}.html"
        file.write_text(html, encoding="utf-8")
        for width, scheme in ((1280, "light"), (390, "dark")):
            page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
            said, asked = [], []
            page.on("console", lambda message, said=said: said.append(message.text))
            page.on("pageerror", lambda error, said=said: said.append(str(error)))
            page.on("dialog", lambda dialog, said=said: said.append(dialog.message))
            page.on("request", lambda request, asked=asked: asked.append(request.url))
            page.goto(file.as_uri())
            assert said == []
            assert [url for url in asked if not url.startswith("data:")] == [file.as_uri()]
            assert page.evaluate("document.documentElement.scrollWidth") <= width, name
            assert page.locator("svg").count() > 0
            page.keyboard.press("Tab")
            assert page.evaluate("document.activeElement.className") == "skip"
            page.close()


def test_long_lines_of_a_figure_keep_their_shape_and_lose_what_is_level():
    from matplotlib.figure import Figure

    x = np.linspace(0.0, 10.0, 5001)
    y = np.round(np.maximum(np.exp(-x) * np.cos(9 * x), 1e-3), 7)
    figure = Figure()
    figure.add_subplot().plot(x, y, label="decay")
    data = drawn(figure, "key", "title", "words", themed=True, plate=False, data=True).data
    points = np.array([row[2:] for row in csv.reader(data.splitlines()) if row[1] == "decay"], dtype=float)
    assert len(points) < 2500
    np.testing.assert_allclose(np.interp(x, *points.T), y, rtol=0, atol=2e-6)
