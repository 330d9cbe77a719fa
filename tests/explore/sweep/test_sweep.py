"""What a sweep says must be what the rooms below say; what is asked twice is computed once."""

import tracemalloc

import numpy as np
import pytest

import qsb_hw as qh
from qsb_hw.analysis.conditions import ELIMINATED, Requested
from qsb_hw.devices.catalog import shipped_specs
from qsb_hw.explore.asked import asked
from qsb_hw.explore.design.problem import limit_of
from qsb_hw.explore.sweep import run
from qsb_hw.explore.sweep.chips import evaluation_of
from qsb_hw.explore.sweep.plan import plan_of
from qsb_hw.explore.sweep.points import PointStatus, without
from qsb_hw.explore.sweep.pool import InThisProcess, Pool
from qsb_hw.explore.sweep.store import open_sweep
from qsb_hw.explore.sweep.subject import subject_of
from qsb_hw.questions.criteria import criteria_of_link, criteria_of_node, named_of_device, named_of_link
from qsb_hw.questions.lasting import lasting
from qsb_hw.spec.load import read_toml
from qsb_hw.units import from_hertz

pytestmark = pytest.mark.filterwarnings("ignore::qsb_hw.errors.ResolutionWarning")  # grids of a few points


def pair_network(kerr, sigma, coupling, detuning):
    one = qh.EffectiveOscillator.lorentzian(kerr=kerr, gamma=1, sigma=sigma, n_plus=1, n_minus=2, levels=8)
    return qh.Network([one.detuned(detuning), one], [[0, coupling], [coupling, 0]])


def test_a_model_is_swept_as_it_is_solved_by_itself(pair):
    dataset = qh.sweep(pair, {"$.kerr": "5..15:3", "$.coupling": "0.1, 0.5", "detuning": "-30..30:7"}, "S,contrast")
    for kerr in (5.0, 10.0, 15.0):
        for coupling in (0.1, 0.5):
            for detuning in (-20.0, 0.0, 30.0):
                found = float(dataset.S.sel({"kerr": kerr, "coupling": coupling, "detuning": detuning}))
                exact = qh.steady_state(pair_network(kerr, 0.2, coupling, detuning)).synchronization(0, 1)
                assert found == pytest.approx(exact, rel=1e-9, abs=1e-13)
            zero = qh.steady_state(pair_network(kerr, 0.2, coupling, 0.0)).synchronization(0, 1)
            resonant = qh.steady_state(pair_network(kerr, 0.2, coupling, 2 * kerr)).synchronization(0, 1)
            contrast = float(dataset.contrast.sel({"kerr": kerr, "coupling": coupling, "detuning": 0}))
            assert contrast == pytest.approx(resonant / zero, rel=1e-6)


def test_a_device_is_swept_as_it_is_checked():
    settings = {"levels": 4, "pair_levels": 3, "bath_levels": 2}
    axes = {"$.damping.coupling_to_linewidth,$.amplification.coupling_to_linewidth": "0.05..0.1:2"}
    measures = "contrast,verdict,fidelity,value:K/κ,margin:K/γ,fact:damping photons n_c,pump_power"
    dataset = qh.sweep("kerr_squid_array", axes, measures, settings={"complete": True, **settings})
    table = read_toml(shipped_specs()["kerr_squid_array"])
    for cavity in ("damping", "amplification"):
        table[cavity] |= {"coupling_to_linewidth": 0.1}
    checked = qh.assess(qh.device_from_spec(table), **settings)
    point, criteria = dataset.isel({"damping.coupling_to_linewidth": 1}), checked.criteria
    assert float(point.contrast) == pytest.approx(checked.synchronization.contrast, rel=1e-6)
    assert point.verdict.attrs["flag_meanings"].split()[int(point.verdict)] == checked.verdict.value
    assert float(point.fidelity) == pytest.approx(checked.comparison.populations_full[1], rel=1e-9)
    assert float(point["value:K∕κ"]) == next(c.value for c in criteria if c.name == "K/κ")
    assert float(point["margin:K∕γ"]) == next(c.margin for c in criteria if c.name == "K/γ")
    assert float(point["pump_power"]) == next(c.value for c in criteria if c.name == "pump power at the chip")
    derived_quantities = {f.name: f.value for f in checked.device.derived_quantities}
    assert float(point["fact:damping photons n_c"]) == pytest.approx(derived_quantities["damping photons n_c"])


def test_frequencies_are_cyclic_at_the_border_and_rates_are_not():
    dataset = qh.sweep("kerr_squid_array", {"detuning": "-13.4, 13.4 MHz"}, "S,kerr,gamma,resonance")
    device = qh.load_device("kerr_squid_array")
    effective = qh.eliminate(device.oscillator(8))
    v = device.nearest_coupling
    network = qh.Network([effective.detuned(from_hertz(13.4e6)), effective], [[0, v], [v, 0]])
    assert float(dataset.S[1]) == pytest.approx(qh.steady_state(network).synchronization(0, 1), rel=1e-6)
    assert dataset.detuning.attrs["units"] == "MHz"
    assert float(dataset.kerr[0]) == pytest.approx(6.7e6)
    assert dataset.kerr.attrs["units"] == "Hz"
    assert from_hertz(float(dataset.gamma[0])) == pytest.approx(effective.gamma)


def test_a_model_has_no_units(pair):
    dataset = qh.sweep(pair, {"$.kerr": "5, 6"}, "gamma,resonance")
    assert dataset.gamma.attrs["units"] == dataset.resonance.attrs["units"] == "1"
    assert list(abs(dataset.resonance.values)) == pytest.approx([10.0, 12.0])


def test_a_finer_grid_computes_only_what_is_new(pair, do, tmp_path):
    coarse = plan_of(pair, {"$.kerr": "5..20:4", "detuning": "-30..30:7"}, "S")
    fine = plan_of(pair, {"$.kerr": "5..20:7", "detuning": "-30..30:13"}, "S")
    do(coarse, tmp_path / "x.zarr")
    summary = do(fine, tmp_path / "x.zarr")
    assert (summary.reused, summary.computed) == (4 * 7, 7 * 13 - 4 * 7)
    assert do(coarse, tmp_path / "x.zarr").computed == 0


def test_points_are_addressed_by_their_content(pair):
    def keys(table, axes, measures="S", settings=None):
        return plan_of(table, axes, measures, settings).keys[:2].tolist()

    axes = {"$.kerr": "10, 20"}
    here = keys(pair, axes)
    assert keys(pair | {"name": "another"}, axes) == here  # a name is no physics
    assert keys(pair | {"kerr": 99}, axes) == here  # what is varied does not count as given
    assert keys(pair, {"$.kerr": "20, 10"}) == here[::-1]
    assert keys(pair, {"$.kerr": "10, 20", "$.sigma": "0.2"}) == here  # given or varied, the same number
    for others in (
        keys(pair | {"sigma": 0.21}, axes),
        keys(pair, axes, "contrast"),
        keys(pair, axes, settings={"detuning": 1.0}),
    ):
        assert not any(key in here for key in others)


def test_a_unit_in_the_file_is_not_part_of_the_address():
    table = read_toml(shipped_specs()["kerr_squid_array"])
    other = read_toml(shipped_specs()["kerr_squid_array"])
    other["damping"]["frequency"] = "8200 MHz"
    assert subject_of(table).digest == subject_of(other).digest


def test_axes_multiply_join_and_share(pair):
    plan = plan_of(pair, ["$.kerr=5..20:4", "$.sigma=0.1..0.4:3; $.coupling=0.1, 0.2, 0.3"], "S")
    assert plan.shape == (4, 3)
    assert plan.point(5) == pytest.approx((10.0, 0.4, 0.3))
    shared = plan_of(pair, {"$.n_plus,$.kerr": "1, 2"}, "S")
    assert shared.point(1) == (2.0, 2.0)
    logarithmic = plan_of(pair, {"$.kerr": "1..100:3 log"}, "S")
    assert logarithmic.point(1) == (10.0,)


@pytest.mark.parametrize(
    ("vary", "message"),
    [
        ({"$.damping.mutual_inductence": "1..2 pH:3"}, r"Did you mean \$.damping.mutual_inductance"),
        ({"$.damping.mutual_inductance": "1..2 MHz:3"}, "must be an inductance, but found '1.0 MHz'"),
        ({"$.damping.mutual_inductance": "1..2:3"}, "must carry a unit"),
        ({"$.damping.mutual_inductance": "-1..2 pH:3"}, "must be positive"),
        ({"$.damping.mutual_inductance": "1..2 pH"}, "how many points"),
        ({"$.damping.mutual_inductance": "0..2 pH:3 log"}, "must not reach 0"),
        ({"$.damping.mutual_inductance": "a few"}, "must look like"),
        ({"$.damping.mutual_inductance": "1..2 pH:0"}, "at least one point"),
        ({"damping.linewdth": "1..2 MHz:2"}, r"Did you mean (\$.)?damping.linewidth"),
        ({"$.name": "1, 2"}, "must lead to a number"),
        ({"$damping": "1, 2"}, "must look like"),
        (["$.damping.linewidth"], "PATH=VALUES"),
        (["$.damping.linewidth=20, 21 MHz; $.amplification.linewidth=20 MHz"], "as many values each"),
        (["detuning=1..2 MHz:2", "detuning=1..2 MHz:2"], "must be varied once"),
        ({"levels": "3.5"}, "whole number"),
        ([], "must vary something"),
    ],
)
def test_bad_axes_say_what_to_write(vary, message):
    with pytest.raises(qh.ArgumentError, match=message):
        plan_of("transmon_squid", vary, "S")


@pytest.mark.parametrize(
    ("measure", "message"),
    [
        ("contrats", "Did you mean contrast"),
        ("S,S", "named once"),
        ("", "must have a measure"),
        ("verdict", "Choose from S"),
        ("sigma", "is a coordinate"),
    ],
)
def test_bad_measures_say_what_there_is(pair, measure, message):
    with pytest.raises(qh.ArgumentError, match=message):
        plan_of(pair, {"$.sigma": "0.1..0.2:2"}, measure)


@pytest.mark.parametrize(
    ("spec", "measure", "message"),
    [
        ("kerr_squid_array", "value:K/kappa", "Did you mean K/κ"),
        ("kerr_squid_array", "margin:kerr_to_gama", "Did you mean kerr_to_gamma"),
        ("kerr_squid_array", "derived:damping_pump_powr", "Did you mean damping_pump_power"),
        ("kerr_squid_array", "bound:kerr_to_gama:kerr", "Did you mean kerr_to_gamma"),
        ("kerr_squid_array", "bound:contrast:kerr", "must bound kerr.*These do: kerr_to_linewidth, kerr_to_gamma"),
        ("kerr_squid_array", "kerr_to_gama", "Did you mean kerr_to_gamma"),
        ("kerr_squid_array", "xyz", "Known are S, .*pumping_to_loss.* margin:KEY"),
        ("three_transmons", "value:kerr_to_gama[A]", "node has.*Did you mean kerr_to_gamma"),
        ("three_transmons", "margin:coupling_to_gamma_visible[A]", "node has"),
        ("three_transmons", "margin:contrats[A-C]", "link has.*Did you mean contrast"),
        ("three_transmons", "value:frequency_crowdin", "chip as a whole has.*Did you mean frequency_crowding"),
    ],
)
def test_words_are_checked_before_anything_is_solved(do, monkeypatch, spec, measure, message):
    monkeypatch.setattr("qsb_hw.explore.sweep.points.evaluate", lambda *_: pytest.fail("a point was begun"))
    with pytest.raises(qh.ArgumentError, match=message):
        qh.sweep(spec, {"levels": "4"}, ["S", measure])
    scatter = {"$.node.*.oscillator.t1" if "[" in measure or ":freq" in measure else "$.oscillator.t1": "3 %"}
    with pytest.raises(qh.ArgumentError, match=message):
        qh.tolerance(spec, scatter, holds=f"{measure}>=1")


def test_one_vocabulary_for_sweeps_limits_and_curves():
    subject, given = subject_of("transmon_squid"), "P,K/γ,damping_pump_power,kerr_to_linewidth"
    units = {m.name: m.unit for m in plan_of(subject, {"levels": "4"}, given).measures}
    assert units == {
        "P": "1",
        "value:kerr_to_gamma": "1",
        "derived:damping_pump_power": "dBm",
        "kerr_to_linewidth": "1",
    }
    shown = asked(subject, given, ELIMINATED)
    assert [one.measure for one in shown] == [*units]
    assert [one.unit for one in shown] == ["", "", "dBm", ""]
    limits = [limit_of(subject, text) for text in ("K/γ >= 20", "damping_pump_power <= -45 dBm", "P>=0.9")]
    assert [one.measure for one in limits] == ["value:kerr_to_gamma", "derived:damping_pump_power", "P"]
    assert limits[1].bound == pytest.approx(-45)
    chip = subject_of("three_transmons")
    assert [m.name for m in plan_of(chip, {"levels": "4"}, "P[A],K/γ[A],coupling_to_gamma_visible[A-C]").measures] == [
        "P[A]", "value:kerr_to_gamma[A]", "value:coupling_to_gamma_visible[A-C]",
    ]  # fmt: skip


def test_every_criterion_that_is_solved_can_be_named_before():
    subject = subject_of("kerr_squid_array")
    found = evaluation_of(subject, {}, Requested(complete=False, levels=4))
    known = {word for key, name, _ in named_of_device(found.analysis.device) for word in (key, name)}
    assert {c.key for c in found.criteria} | {c.name for c in found.criteria} <= known
    complete = evaluation_of(subject, {}, Requested(levels=3, pair_levels=3, bath_levels=2))
    assert {c.name for c in complete.criteria} <= known
    node = found.analysis
    alone = {key for key, _, _ in named_of_device(node.device, paired=False)}
    assert {c.key for c in criteria_of_node(node, lasting(node.device, node.base_conditions.experiment_time))} == alone
    link = {key for key, _, _ in named_of_link()}
    assert {c.key for c in criteria_of_link(node.pair)} == link


def test_a_place_that_is_something_else_is_left_alone(small, do, tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(qh.ArgumentError, match="place of its own"):
        do(small, tmp_path)
    with pytest.raises(qh.ArgumentError, match="the file"):
        do(small, tmp_path / "thesis.tex")
    assert (tmp_path / "thesis.tex").read_text() == "years of work"


def test_a_store_that_is_none_is_said_so(tmp_path):
    with pytest.raises(qh.ArgumentError, match="must be a Zarr store"):
        qh.open_sweep(tmp_path / "nothing.zarr")


def test_chunks_hold_the_points_they_should(pair, do, tmp_path, monkeypatch):
    """Three axes, chunks smaller than a line and than the grid: every value lands where its coordinates say."""
    for chunk in (4, 10, 1000):
        monkeypatch.setattr("qsb_hw.explore.sweep.store.CHUNK", chunk)
        axes = {"$.n_plus": "1..3:3", "$.sigma": "0.1..0.7:7", "$.kerr": "5..9:5"}
        plan = plan_of(pair, axes, "n_minus,gamma,populations")
        do(plan, tmp_path / f"{chunk}.zarr")
        dataset = open_sweep(tmp_path / f"{chunk}.zarr")
        assert dataset.populations.dims == ("n_plus", "sigma", "kerr", "level")
        assert np.all(dataset.status == 1)
        one = qh.EffectiveOscillator.lorentzian(kerr=7, gamma=1, sigma=0.4, n_plus=3, n_minus=2, levels=8)
        expected = qh.steady_state(qh.Network([one], [[0]])).populations(0)
        found = dataset.populations.sel(n_plus=3, sigma=0.4, kerr=7)
        assert found.values == pytest.approx(expected, abs=1e-12)


def test_memory_does_not_grow_with_the_points(pair, tmp_path, monkeypatch):
    """32 bytes a point for the index, and as much again while it is sorted: nothing else may scale."""
    monkeypatch.setattr(run, "evaluate", lambda *work: without(2, "", len(work[-1]), 2))
    peaks = []
    for count in (10, 40):
        plan = plan_of(pair, {"$.kerr": f"5..20:{count}", "detuning": "-30..30:250"}, "sigma,n_plus")
        tracemalloc.start()
        run.run(plan, tmp_path / f"{count}.zarr", Pool(lambda: (InThisProcess(), 1)))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert (peaks[1] - peaks[0]) / (30 * 250) < 200


def test_a_point_without_a_verdict_is_not_called_converged():
    data = qh.sweep("ion_lattice_ca40", {"levels": "3, 4"}, "fidelity,verdict")
    assert data.status.values.tolist() == [PointStatus.UNDECIDED, PointStatus.CONVERGED]
    assert np.isnan(data.verdict.values).tolist() == [True, False]
    assert np.isfinite(data.fidelity.values).all()
    assert "verdict undecided" in data.attrs["reasons"][str(int(data.reason.values[0]))]
    other = qh.sweep("ion_lattice_ca40", {"levels": "3, 4"}, "fidelity")
    assert (other.status == PointStatus.CONVERGED).all()
    np.testing.assert_array_equal(other.fidelity, data.fidelity)
