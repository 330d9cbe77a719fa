"""Curves and planes of quantities: every point is a device built there, and bounds lie where criteria have them."""

import math
import tomllib

import matplotlib.colors
import numpy as np
import pytest

import qsb_hw as qh
from qsb_hw.analysis.conditions import ELIMINATED
from qsb_hw.devices.catalog import device_file
from qsb_hw.explore.asked import asked
from qsb_hw.explore.curves import RESOLUTION, Curves
from qsb_hw.explore.sweep.chips import evaluation_of
from qsb_hw.explore.sweep.measures import HELD, held_by
from qsb_hw.explore.sweep.subject import subject_of
from qsb_hw.model.criterion import CriterionKind, Sense
from qsb_hw.plot import plot_curves
from qsb_hw.plot.style import BAD
from qsb_hw.show.curves import CURVES, curves_view
from qsb_hw.show.html import html_of

SHIPPED = ("transmon_squid", "ion_lattice_be9", "kerr_squid_array")
E_J = "$.oscillator.josephson_energy"


def table_of(name):
    return tomllib.loads(device_file(name).read_text(encoding="utf-8"))


def number_at(table, path):
    """Section, key, number and unit of a value in a raw file."""
    *sections, key = path.removeprefix("$.").split(".")
    for section in sections:
        table = table[section]
    said = table[key]
    text = str(said["value"] if isinstance(said, dict) else said)
    number, _, unit = text.partition(" ")
    return table, key, float(number), unit


def varied_paths(name):
    """Paths of numbers that can be varied, from the raw file alone."""
    fixed = {"$.target.fock_state", "$.pair.count"}
    table = table_of(name)
    for section, inside in table.items():
        for key in inside if isinstance(inside, dict) else ():
            path = f"$.{section}.{key}"
            try:
                number_at(table, path)
            except ValueError:
                continue
            if path not in fixed:
                yield path


@pytest.mark.parametrize("name", SHIPPED)
def test_every_point_is_what_a_device_built_there_says(name):
    rng = np.random.default_rng(sum(map(ord, name)))
    known = [q.key for q in qh.load_device(name).derived_quantities]
    for path in rng.choice(sorted(varied_paths(name)), size=2, replace=False).tolist():
        _, _, number, unit = number_at(table_of(name), path)
        keys = rng.choice(known, size=12, replace=False).tolist()
        points = [float(f"{number * x:.10g}") for x in rng.uniform(0.97, 1.03, size=2)]
        found = qh.curves(name, {path: f"{points[0]}, {points[1]} {unit}"}, keys)
        assert found.ok
        assert found.axes[0].working == pytest.approx(number, rel=1e-12)
        for k, point in enumerate(points):
            table = table_of(name)
            inside, key, _, _ = number_at(table, path)
            inside[key] = f"{point} {unit}".strip() if unit else point
            device = qh.device_from_spec(table)
            for curve in found.curves:
                assert curve.values[k] == pytest.approx(device.quantity(curve.key).value, rel=1e-9), (path, curve.key)
                assert curve.unit == device.quantity(curve.key).unit


def test_what_is_solved_agrees_with_the_analysis_of_a_device_built_there():
    found = qh.curves("transmon_squid", {"$.damping.linewidth": "25, 40 MHz"}, "P,gamma,sigma,contrast")
    for k, text in enumerate(("25 MHz", "40 MHz")):
        table = table_of("transmon_squid")
        table["damping"]["linewidth"] = text
        analysis = qh.analyse(qh.device_from_spec(table), complete=False)
        effective = analysis.effective
        expected = (analysis.fidelity, effective.gamma / (2 * math.pi), effective.sigma, analysis.contrast)
        assert [c.values[k] for c in found.curves] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("name", [*SHIPPED, "photon_pressure", "ion_surface_trap_brown2011"])
def test_a_criterion_has_the_value_of_the_worst_quantity_it_bounds(name):
    evaluation = evaluation_of(subject_of(name), {}, ELIMINATED)
    device = evaluation.analysis.device
    held = {}
    for quantity in device.derived_quantities:
        for one in quantity.held_by:
            power = 1e-3 * 10 ** (quantity.value / 10) if quantity.unit == "dBm" else None
            scaled = power if power is not None else one.scale and (quantity.value / one.scale) ** one.power
            held.setdefault(one.criterion, []).append(scaled)
    assert held
    for key, values in held.items():
        criterion = evaluation.criterion(key)
        if None in values or criterion.value is None:
            continue
        worst = min(values) if criterion.sense is Sense.AT_LEAST else max(values)
        assert criterion.value == pytest.approx(worst, rel=1e-9), key


@pytest.mark.parametrize("name", ["transmon_squid", "ion_lattice_be9"])
def test_a_quantity_at_its_bound_has_margin_one_and_at_the_required_bound_the_required_margin(name):
    subject = subject_of(name)
    evaluation = evaluation_of(subject, {}, ELIMINATED)
    path, alone = ("$.oscillator.t1", "100 us") if "transmon" in name else ("$.ion.heating_rate", "0.1 1/s")
    keys = [key for key in HELD if "transmon" in name or key != "pump_power"]
    work = qh.curves(name, {path: alone}, keys)
    for curve in work.curves:
        assert curve.bounds, curve.key
        for bound in curve.bounds:
            criterion = evaluation.criterion(bound.key)
            (held,) = (h for h in held_by(curve.measure, evaluation.analysis.device) if h.criterion == bound.key)
            for level, factor in ((bound.working, 1.0), (bound.working_required, criterion.required_margin)):
                if held.complement:
                    value = criterion.value * (1 - level) / (1 - curve.working)
                else:
                    value = criterion.value * (level / curve.working) ** held.power
                margin = value / criterion.bound if criterion.sense is Sense.AT_LEAST else criterion.bound / value
                assert margin == pytest.approx(factor, rel=1e-9), (curve.key, bound.key)


def test_where_bounds_are_met_is_where_criteria_pass():
    over = {E_J: "8..40 GHz:9"}
    found = qh.curves(
        "transmon_squid", over, ["charge_dispersion_0_1", "charge_dispersion_1_2", "kerr", "coupling", "P"]
    )
    keys = {bound.key for curve in found.curves for bound in curve.bounds}
    numbers = found.axes[0].values
    for k, number in enumerate(numbers):
        evaluation = evaluation_of(subject_of("transmon_squid"), {E_J: 2e9 * math.pi * number}, ELIMINATED)
        criteria = [evaluation.criteria.get(key) for key in keys]
        assert found.holds()[k] == all(c.passed for c in criteria)
        assert found.holds(margin=True)[k] == all(c.meets_margin for c in criteria)
    assert 0 < found.holds().sum() < found.holds().size


def test_points_are_added_where_a_curve_bends_and_the_deviation_is_what_is_left():
    path, keys = "$.damping.flux_bias", ["damping_participation", "damping_cavity_frequency"]
    found = qh.curves("transmon_squid", {path: "0.05..0.47 Phi_0"}, keys)
    steps = np.diff(found.axes[0].values)
    assert steps.min() < 0.6 * steps.max()  # finer where it is steep
    between = (found.axes[0].values[1:] + found.axes[0].values[:-1]) / 2
    again = qh.curves("transmon_squid", {path: ", ".join(f"{x:.12g}" for x in between) + " Phi_0"}, keys)
    for curve, middle in zip(found.curves, again.curves, strict=True):
        assert 0 < curve.deviation <= RESOLUTION
        off = np.abs(middle.values - (curve.values[1:] + curve.values[:-1]) / 2) / np.ptp(curve.values)
        assert off.max() <= RESOLUTION
    few = qh.curves("transmon_squid", {path: "0.05..0.47 Phi_0"}, keys, most_on_a_curve=20)
    assert few.axes[0].values.size == 20


def test_points_that_describe_no_device_are_empty_and_say_why():
    found = qh.curves("transmon_squid", {"$.damping.flux_bias": "0, 0.2, 0.35 Phi_0"}, ["damping_cavity_frequency"])
    assert found.built.tolist() == [False, True, True]
    assert np.isnan(found.curves[0].values).tolist() == [True, False, False]
    ((index, reason),) = found.reasons
    assert index == (0,)
    assert "must make ω_c depend on flux" in reason
    assert found.ok  # an answer, not a failure
    assert not found.holds()[0]


def test_a_plane_is_its_lines_and_a_dataset():
    over = {"$.damping.mutual_inductance": "8, 14, 20 pH", "$.damping.flux_bias": "0.3, 0.35 Phi_0"}
    plane = qh.curves("transmon_squid", over, ["damping_photon_number", "damping_pump_power", "damping_pump_clearance"])
    line = qh.curves("transmon_squid", {"$.damping.mutual_inductance": "8, 14, 20 pH"}, ["damping_pump_power"])
    np.testing.assert_allclose(plane.curve("damping_pump_power").values[:, 1], line.curves[0].values, rtol=1e-12)
    data = plane.to_xarray()
    assert data["damping_pump_power"].dims == ("damping.mutual_inductance", "damping.flux_bias")
    np.testing.assert_array_equal(data["damping_pump_power:bound:pump_power"], -30.0)
    judged = qh.curves("transmon_squid", over, ["damping_pump_clearance"], verdict=True)
    assert set(np.unique(judged.verdict)) <= {0.0, 1.0, 2.0}
    assert not np.any((judged.verdict >= 1) & ~plane.holds())  # feasible only where what is shown holds


def test_quantities_of_nodes_and_links_of_a_chip():
    over = {"$.node.B.oscillator.flux_bias": "0.12, 0.13 Phi_0"}
    keys = ["kerr[B]", "damping_pump_power[A]", "coupling[A-B]", "pump_clearance_transitions", "kerr_to_linewidth[B]"]
    found = qh.curves("two_transmons_tunable", over, keys)
    assert [c.key for c in found.curves] == keys
    chip = qh.load_chip("two_transmons_tunable")
    gamma = chip.node("A").complete.stabilising_tones[0].gamma / (2 * math.pi)
    bounds = {b.key: b for b in found.curve("coupling[A-B]").bounds}
    assert bounds["coupling_to_gamma_hybridised"].working == pytest.approx(gamma, rel=1e-9)  # V = γ
    assert found.curve("coupling[A-B]").working == pytest.approx(chip.coupling[0, 1].real / (2 * math.pi), rel=1e-9)
    assert found.curve("pump_clearance_transitions").bounds[0].working == 5.0
    assert found.curve("damping_pump_power[A]").working == pytest.approx(
        chip.node("A").quantity("damping_pump_power").value
    )


@pytest.mark.parametrize(
    ("spec", "over", "of", "message"),
    [
        ("transmon_squid", {E_J: "10..40 GHz:3"}, "ker", "Did you mean kerr"),
        ("transmon_squid", {E_J: "10..40 GHz:3"}, "kerr,kerr", "named once"),
        ("transmon_squid", {E_J: "10..40 GHz:3"}, "populations", "single number"),
        ("transmon_squid", {E_J: "10..40 GHz:3"}, "kerr[A]", "without a node"),
        ("transmon_squid", {E_J: "10..40 GHz:3"}, "", "There must be a quantity"),
        ("two_transmons_tunable", {"$.node.B.oscillator.flux_bias": "0.1, 0.2 Phi_0"}, "kerr", r"kerr\[A\]"),
        ("transmon_squid", {}, "kerr", "one number or two"),
        ("transmon_squid", {"detuning": "-1..1 MHz:adaptive"}, "contrast", "adaptive"),
        ("transmon_squid", {E_J: "10..40"}, "kerr", "unit"),
        ({"model": "lorentzian_pair", "kerr": 1, "sigma": 1, "fock_state": 1, "coupling": 1}, {"$.kerr": "1,2"}, "kerr",
         "those of a device"),
    ],
)  # fmt: skip
def test_bad_input_says_what_to_do(spec, over, of, message):
    with pytest.raises(qh.QsbError, match=message):
        qh.curves(spec, over, of)


def test_every_word_of_a_device_can_be_asked_for():
    evaluation = evaluation_of(subject_of("transmon_squid"), {}, ELIMINATED)
    words = [q.name for q in evaluation.analysis.device.derived_quantities] + [c.name for c in evaluation.criteria]
    found = asked(subject_of("transmon_squid"), list(dict.fromkeys(words)), ELIMINATED)
    assert len(found) == len(set(words))


@pytest.fixture(scope="module")
def drawn():
    keys = ["kerr", "charge_dispersion_1_2", "bound_levels", "energy_ratio"]
    return qh.curves("transmon_squid", {E_J: "10..40 GHz"}, keys)


def test_the_picture_has_the_curve_its_bound_and_the_working_point(drawn, readable):
    figure, panels = plot_curves(drawn)
    ax = panels.flat[1]
    size = drawn.axes[0].values.size
    whole = [x for x in ax.get_lines() if len(x.get_xdata()) == size and x.get_linestyle() == "-"]
    (curve,) = (x for x in whole if matplotlib.colors.to_hex(x.get_color()) != BAD.lower())
    np.testing.assert_allclose(curve.get_ydata(), drawn.curve("charge_dispersion_1_2").values, rtol=1e-12)
    assert ax.get_yscale() == "log"
    assert {text.get_text() for text in ax.texts} >= {"charge dispersion/κ", "charge dispersion/γ"}
    marked = [line for line in ax.get_lines() if line.get_marker() == "o"]
    assert marked[0].get_xdata() == [20.0]
    assert figure.get_suptitle() == "transmon_squid"
    readable.assert_readable(figure)
    _, panels = plot_curves(drawn, against="energy_ratio")
    assert panels.flat[0].get_xlabel() == "E_J/E_C"
    np.testing.assert_allclose(panels.flat[0].get_xlim(), (40, 160))


def test_a_plane_is_drawn_with_bounds_as_contours(readable):
    over = {"$.damping.mutual_inductance": "2..60 pH:5", "$.damping.flux_bias": "0.05..0.45 Phi_0:9"}
    found = qh.curves("transmon_squid", over, ["damping_pump_clearance", "damping_pump_power"])
    figure, panels = plot_curves(found)
    readable.assert_readable(figure)
    clear = found.curve("damping_pump_clearance")
    lines = [c for c in panels.flat[0].collections if hasattr(c, "levels") and list(c.levels) == [0.0]]
    assert lines
    heights = np.concatenate([path.vertices[:, 1] for path in lines[0].get_paths()])
    at = [np.interp(5.0, clear.values[k], found.axes[1].values) for k in range(5)]
    assert heights.min() >= min(at) - 0.05
    assert heights.max() <= max(at) + 0.05


def test_tables_and_records_say_the_same(drawn):
    record = CURVES.record(drawn)
    assert [c["key"] for c in record["curves"]] == [c.key for c in drawn.curves]
    assert record["axes"][0]["working_point"] == pytest.approx(20.0)
    assert len(record["holds"]) == len(record["axes"][0]["values"])
    html = html_of(curves_view(drawn))
    assert "K/κ: ≥ 20 MHz, 40 MHz with margin" in html
    assert isinstance(drawn, Curves)
    kinds = {b.kind for c in drawn.curves for b in c.bounds}
    assert kinds == {CriterionKind.REQUIREMENT}


def test_a_limit_of_ones_own_is_one_more_bound_and_counts_as_a_requirement():
    over = {"$.damping.mutual_inductance": "4, 8, 16 pH"}
    free = qh.curves("transmon_squid", over, ["damping_pump_power", "kerr"])
    found = qh.curves(
        "transmon_squid", over, ["damping_pump_power", "kerr"], subject_to=["damping_pump_power<=-60 dBm"]
    )
    power = found.curve("damping_pump_power")
    (bound,) = (b for b in power.bounds if b.key == "damping_pump_power<=-60 dBm")
    assert bound.kind is CriterionKind.REQUIREMENT
    assert bound.bound == pytest.approx([-60] * 3)
    assert found.holds().tolist() == (free.holds() & (power.values <= -60)).tolist() == [False, False, True]
    assert free.holds().tolist() == [True, True, True]
    least = qh.curves("transmon_squid", over, "kerr", subject_to=["kerr>=150 MHz"])
    assert not least.holds().any()
    for wrong in ("gamma<=1 MHz", "kerr<1", "kerr<=3 dBm"):
        with pytest.raises(qh.ArgumentError):
            qh.curves("transmon_squid", over, "kerr", subject_to=[wrong])


def test_a_rate_of_a_node_has_the_bounds_of_that_node_only():
    found = qh.curves("two_transmons_tunable", {"$.node.B.oscillator.t1": "50, 90 us"}, "gamma[B]")
    keys = {b.key for b in found.curves[0].bounds}
    assert "kerr_to_gamma" in keys
    assert not any(key.startswith("coupling_to_gamma") for key in keys)
