"""What holds for every picture: it can be read, says what it is of, and says where it comes from.

Pictures of what takes longer are checked where it is made: the map, curves, sensitivities and tolerances in
`tests/explore`, the figures of the papers in `tests/papers`.
"""

import importlib
import inspect
import json
import math
import pkgutil
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import qsb_hw as qh
from qsb_hw import plot
from qsb_hw.model.criterion import CriterionKind
from qsb_hw.plot.files import SUFFIXES
from qsb_hw.plot.states import given_coherent, quasi_probability
from qsb_hw.questions.pair_records import PairRecords

NAME = "kerr_squid_array"


@pytest.fixture(scope="module")
def pair(analysis):
    """A device and its twin, detuned to the resonance."""
    one = qh.eliminate(qh.load_device(NAME).oscillator(levels=4))
    bend = 2 * one.ladder.kerr_at(1)
    return qh.steady_state(qh.Network([one, one], coupling=[[0, 2e5], [2e5, 0]]).detuned(0, bend))


@pytest.fixture(scope="module")
def turned_on():
    return qh.turn_on(qh.load_device("ion_lattice_be9"), levels=4, pair=False)


@pytest.fixture(scope="module", autouse=True)
def few_detunings():
    """Lines of pairs at few detunings: that they are followed has tests of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("qsb_hw.questions.lines.BETWEEN", 7)
        patch.setattr("qsb_hw.questions.lines.STEPS", (0.0, 0.5, 1.5, 3.0))
        yield


@pytest.fixture(scope="module")
def emitted():
    return qh.emission(qh.load_device(NAME), levels=4, bath_levels=2)


@pytest.fixture(scope="module")
def chip_emitted():
    device = qh.load_device(NAME)
    chip = qh.Chip(NAME, [device, replace(device, name="twin")], device.coupling)
    return qh.chip_emission(chip, levels=3, bath_levels=2)


@pytest.fixture(scope="module")
def staged(pair):
    stages = [
        qh.Stage(duration=3e-6, coupling=0, name="pumps"),
        qh.Stage(duration=1e-8, ramp=True, name="coupling on"),
        qh.Stage(duration=4e-6, name="wait"),
    ]
    return qh.run_protocol(pair.network, qh.Protocol(stages), points=9)


@pytest.fixture(scope="module")
def recorded(pair):
    """Records at both places, of a small pair."""
    network, rate = pair.network, 2e5
    heard = qh.heterodyne(network, port_rate=rate, bandwidth=5e6, duration=2e-6, trajectories=5)
    slips = qh.phase_slips(network, duration=4e-6, trajectories=5)
    few = qh.phase_slips(network, duration=2e-8, trajectories=3)
    assert slips.ok
    assert not few.ok
    return [
        PairRecords(
            where=where, detuning=0.0, readout=qh.read_out(pair, (0, 1), 300, 0.02, rng=np.random.default_rng(k)),
            synchronization=qh.sample_synchronization(pair, shots=300), heterodyne=heard, slips=(few, slips)[k],
        )
        for k, where in enumerate(("blockade point", "resonance"))
    ]  # fmt: skip


KAPPA = "$.damping.linewidth"
SHORT = {"levels": 4}


def designed(**goals):
    return qh.design(
        NAME, {KAPPA: "4..6 MHz"}, settings={"levels": 4}, check=False, standard="borderline", evaluations=20, **goals
    )


PICTURES = {
    "assessment": lambda r: plot.plot_assessment(r("assessment")),
    "hopeless": lambda r: plot.plot_assessment(r("hopeless")),
    "rates": lambda r: plot.plot_rates(r("assessment").effective, r("assessment").published),
    "rates that agree": lambda r: plot.plot_rates(r("hopeless").effective, r("hopeless").published),
    "levels": lambda r: plot.plot_levels(r("assessment").device),
    "levels under tones": lambda r: plot.plot_levels(r("hopeless").device),
    "populations": lambda r: plot.plot_populations(r("assessment").comparison, name=NAME),
    "circuit": lambda r: plot.plot_circuit(r("assessment").device),
    "scheme": lambda r: plot.plot_scheme(r("assessment").device),
    "well": lambda _: plot.plot_well(qh.load_device("ion_lattice_be9")),
    "synchronization": lambda r: plot.plot_synchronization(r("assessment").synchronization, title=NAME),
    "error budget": lambda r: plot.plot_error_budget(r("assessment").budget),
    "budget": lambda r: plot.plot_budget(r("device_budget")),
    "noise": lambda r: plot.plot_noise(r("device_budget").noise, name=NAME),
    "tones": lambda r: plot.plot_tone_choices(r("device_budget").tones, name=NAME),
    "shots": lambda r: plot.plot_shots(r("device_budget")),
    "ensemble": lambda r: plot.plot_ensemble(r("many_devices")),
    "turn-on": lambda r: plot.plot_turn_on(r("turned_on"), device=qh.load_device("ion_lattice_be9")),
    "emission": lambda r: plot.plot_emission(r("emitted"), name=NAME),
    "emission alone": lambda r: plot.plot_emission(replace(r("emitted"), pulling=None), name=NAME),
    "chip emission": lambda r: plot.plot_chip_emission(r("chip_emitted")),
    "chip emission alone": lambda r: plot.plot_chip_emission(replace(r("chip_emitted"), links=())),
    "protocol": lambda r: plot.plot_protocol(r("staged")),
    "records": lambda r: plot.plot_records(r("recorded")),
    "readout": lambda r: plot.plot_readout(r("recorded")[0].readout, name=NAME),
    "synchronization records": lambda r: plot.plot_synchronization_records([x.synchronization for x in r("recorded")]),
    "heterodyne": lambda r: plot.plot_heterodyne(r("recorded")[0].heterodyne),
    "slips": lambda r: plot.plot_slips(r("recorded")[1].slips),
    "few slips": lambda r: plot.plot_slips(r("recorded")[0].slips),
    "phase": lambda r: plot.plot_phase_distribution(r("pair")),
    "density matrix": lambda r: plot.plot_density_matrix(r("pair")),
    "wigner": lambda r: plot.plot_wigner(r("pair")),
    "husimi": lambda r: plot.plot_wigner(r("pair"), husimi=True),
    "table": lambda r: plot.plot_table(r("assessment")),
    "graph": lambda _: plot.plot_graph(qh.load_chip("ring_of_four")),
    "s matrix": lambda r: plot.plot_s_matrix(r("pair")),
    "criteria": lambda r: plot.plot_criteria(r("assessment").criteria),
    "sweep": lambda _: plot.plot_sweep(qh.sweep(NAME, {KAPPA: "4, 5, 6 MHz"}, "S,contrast,verdict", settings=SHORT)),
    "sweep over two": lambda _: plot.plot_sweep(qh.sweep(
        NAME, {KAPPA: "5, 6 MHz", "$.oscillator.t1": "5, 10, 20 us"}, "contrast,verdict", settings=SHORT)),
    "design": lambda _: plot.plot_design(designed(maximise="contrast")),
    "front": lambda _: plot.plot_design(designed(maximise="contrast", minimise="pump_power")),
    "chip": lambda r: plot.plot_chip(r("judged")),
    "chip verdict": lambda r: plot.plot_chip_assessment(r("judged")),
    "nodes": lambda r: plot.plot_nodes([(n.device.name, n.effective) for n in r("judged").nodes]),
    "populations of nodes": lambda r: plot.plot_populations_of_nodes(
        [(n.device.name, n.comparison) for n in r("judged").nodes]),
}  # fmt: skip
UNNAMED = {
    "circuit", "scheme", "graph", "s matrix", "protocol", "records", "synchronization records", "heterodyne", "slips",
    "few slips", "criteria", "nodes", "populations of nodes",
}  # fmt: skip
"""Drawings without a title of their own, which `save` gives them."""
NAMES = {
    "hopeless": "photon_pressure", "levels under tones": "photon_pressure", "rates that agree": "photon_pressure",
    "well": "ion_lattice_be9", "turn-on": "ion_lattice_be9", "chip": "two", "chip verdict": "two",
}  # fmt: skip
"""What the titles of others name."""


@pytest.fixture(scope="module")
def made():
    return {}


@pytest.fixture(params=PICTURES)
def picture(request, made):
    """Name and figure, laid out as it is written."""
    name = request.param
    if name not in made:
        figure = PICTURES[name](request.getfixturevalue)[0]
        request.getfixturevalue("readable").lay_out(figure)
        made[name] = figure
    return name, made[name]


def test_texts_stay_apart_and_inside(picture, readable):
    readable.assert_texts_stay_apart(picture[1])


def test_legends_cover_no_data_and_say_nothing_twice(picture, readable):
    readable.assert_legends_cover_no_data(picture[1])


def test_axes_have_labels_with_units(picture, readable):
    readable.assert_axes_have_labels(picture[1])


def test_title_has_the_name(picture):
    name, figure = picture
    titles = [figure.get_suptitle(), *(part.get_suptitle() for part in figure.findobj(
        lambda a: hasattr(a, "get_suptitle")))]  # fmt: skip
    titles += [ax.get_title(loc=side) for ax in figure.axes for side in ("left", "center")]
    if name not in UNNAMED:
        assert any(NAMES.get(name, NAME) in title for title in titles)


def test_every_public_function_is_exported():
    for module in pkgutil.iter_modules(plot.__path__):
        inside = importlib.import_module(f"qsb_hw.plot.{module.name}")
        own = [n for n, f in inspect.getmembers(inside, inspect.isfunction) if f.__module__ == inside.__name__]
        assert not {n for n in own if n.startswith("plot_")} - set(plot.__all__)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_files_say_where_they_come_from(suffix, tmp_path):
    device = qh.load_device(NAME)
    file = tmp_path / f"levels{suffix.upper()}"
    figure = plot.plot_scheme(device)[0]
    source = {"version": "1.2", "command": "qsb-hw x", "input": {"hash": "ab12", "values": {"name": NAME, "t1": "1 s"}}}
    plot.save(figure, file, device, source=source)
    content = file.read_bytes()
    assert b"qsb-hw" in content
    assert figure.get_suptitle() == NAME
    if suffix == ".png":
        with Image.open(file) as image:
            said = image.text["Description"]
    elif suffix in (".jpg", ".jpeg"):
        with Image.open(file) as image:
            said = image.info["comment"].decode().splitlines()[-1]
    else:
        said = content.decode("latin-1").replace("\\", "").replace("&quot;", '"')
        assert "ab12" in said
        assert "qsb-hw x" in said
        return
    assert json.loads(said) == {"version": "1.2", "command": "qsb-hw x", "input": {"hash": "ab12"}}


def test_a_result_gives_version_and_hash(tmp_path, assessment):
    file = tmp_path / "margins.png"
    plot.save(plot.plot_criteria(assessment.criteria)[0], file, assessment)
    with Image.open(file) as image:
        written = image.text
    said = json.loads(written["Description"])
    assert said["version"] == qh.__version__
    assert len(said["input"]["hash"]) >= 16
    assert NAME in written["Title"]


def test_unknown_endings_are_refused():
    with pytest.raises(qh.ArgumentError, match=r"must be written as .*\.jpg.*but found 'bmp'"):
        plot.save(plot.plot_scheme(qh.load_device(NAME))[0], "x.bmp")


def test_a_margin_of_one_has_a_mark(assessment):
    one = next(c for c in assessment.criteria if c.margin is not None)
    _, ax = plot.plot_criteria([replace(one, value=one.bound * 1.001)])
    assert [line.get_marker() for line in ax.lines if len(line.get_xdata()) == 1] == ["o"]


def test_words_are_those_of_the_platform(turned_on):
    ions = qh.load_device("ion_lattice_be9")
    title = plot.plot_turn_on(turned_on, device=ions)[1][0].get_title(loc="left")
    assert ions.vocabulary.drives in title
    assert "pump" not in title


def test_the_arrow_is_s(pair):
    _, ax = plot.plot_phase_distribution(pair)
    curve = next(line for line in ax.lines if line.get_label() == "P(φ)")
    phase, density = curve.get_data()
    assert np.trapezoid(density, phase) == pytest.approx(1.0, abs=1e-9)
    assert 2 * math.pi * density.max() - 1 == pytest.approx(pair.synchronization(0, 1), rel=1e-4)
    assert f"S = {pair.synchronization(0, 1):.3g}" in ax.get_title(loc="left")


def test_the_density_matrix_is_that_of_the_pair(pair):
    _, axes = plot.plot_density_matrix(pair)
    rho = pair.pair_state(0, 1)
    moduli, phases = (np.ma.filled(np.ma.asarray(ax.images[0].get_array()), np.nan) for ax in axes)
    seen = np.isfinite(moduli)
    np.testing.assert_allclose((moduli * np.exp(1j * phases))[seen], rho[seen], rtol=1e-12, atol=1e-15)
    assert np.abs(rho[~seen]).max() <= 1e-8 * np.abs(rho).max()


def test_quasi_probabilities_integrate_to_one_and_turn_with_the_phase(pair):
    axis = np.linspace(-5, 5, 201)
    rho = pair.pair_state(0, 1).reshape(4, 4, 4, 4)
    for husimi in (False, True):
        whole = quasi_probability(np.trace(rho, axis1=1, axis2=3), axis, husimi)
        assert whole.sum() * (axis[1] - axis[0]) ** 2 == pytest.approx(1.0, abs=1e-6)
        assert whole == pytest.approx(whole.T, abs=1e-9)  # its phase is free
    given = quasi_probability(given_coherent(rho, 1.0), axis, True)
    row, column = np.unravel_index(given.argmax(), given.shape)
    found = np.exp(-1j * pair.phase_distribution(0, 1).argmax)
    assert (axis[column] + 1j * axis[row]) / abs(axis[column] + 1j * axis[row]) == pytest.approx(found, abs=0.1)


def test_states_that_do_not_fit_are_refused():
    with pytest.raises(qh.ArgumentError, match="must be square"):
        plot.plot_density_matrix(np.ones(3))
    with pytest.raises(qh.ArgumentError, match="Levels must multiply to the 4 states"):
        plot.plot_wigner(np.eye(4) / 4, [3, 2])
    with pytest.raises(qh.ArgumentError, match="one oscillator or two"):
        plot.plot_wigner(np.eye(8) / 8, [2, 2, 2])


def test_tables_have_the_words_of_the_terminal(assessment):
    _, axes = plot.plot_table(assessment, "requirements")
    words = " ".join(text.get_text() for text in axes[0].texts)
    required = [c for c in assessment.criteria if c.kind is CriterionKind.REQUIREMENT and c.margin is not None]
    worst = min(required, key=lambda c: c.margin)
    assert worst.name.split()[0] in words
    assert f"{worst.margin:.3g}×" in words
    with pytest.raises(qh.ArgumentError, match="must have a table to draw"):
        plot.plot_table(assessment, "cheese")
    with pytest.raises(qh.ArgumentError, match="must have tables to draw"):
        plot.plot_table(3)


def test_a_spectrum_is_cut_below_its_weakest_named_line_and_every_name_stands_on_its_line(emitted):
    _, axes = plot.plot_emission(emitted, name=NAME)
    low, high = axes[0].get_ylim()
    strongest, highest = emitted.spectrum.peaks[0], emitted.spectrum.power.max()
    named = {"|{}⟩→|{}⟩".format(*line.levels): line for line in reversed(emitted.spectrum.peaks) if line.weight > 0}
    heights = {text: float(emitted.spectrum.at(np.array([line.position]))[0]) / highest for text, line in named.items()}
    assert {text.get_text() for text in axes[0].texts} == set(named)
    assert low == pytest.approx(max(min(heights.values()) / 30, 1e-9))
    assert high > 1
    (curve,) = (line for line in axes[0].lines if line.get_label().startswith("_child"))
    x, y = curve.get_data()
    top = x[np.nanargmax(y)]
    assert top == pytest.approx(0, abs=1e-3 * np.ptp(x))
    for text in axes[0].texts:
        assert text.xyann[1] >= heights[text.get_text()]
    assert strongest.levels == (1, 0)


def test_lines_of_a_link_are_drawn_close_at_each_place_where_they_meet(chip_emitted):
    _, axes = plot.plot_chip_emission(chip_emitted)
    (link,) = chip_emitted.links
    assert len(axes) == 1 + len(link.pulling.centres)
    assert all("-" not in ax.get_title(loc="left") for ax in axes[1:])
    for ax, centre in zip(axes[1:], link.pulling.centres, strict=True):
        near = np.abs(link.pulling.detuning - centre) <= 3.2 * link.pulling.width
        drawn = sum(len(found.get_offsets()) for found in ax.collections)
        shown = [
            line for k in np.flatnonzero(near) for which in (0, 1) for line in link.pulling.lines[k][which]
            if abs(line.position - link.pulling.uncoupled[k, which]) <= 3 * abs(link.coupling)
        ]  # fmt: skip
        assert drawn == len(shown) > 0


def test_a_duration_outside_the_axis_is_not_in_the_legend(turned_on):
    later, course = 1e6 * turned_on.fidelity.wait, turned_on.fidelity
    for time, there in ((later, False), (2 * course.wait, True)):
        _, axes = plot.plot_turn_on(replace(turned_on, fidelity=replace(course, time=time)))
        named = [text.get_text() for text in axes[0].get_legend().get_texts()]
        assert ("duration asked about" in named) == there
