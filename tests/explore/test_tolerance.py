"""Yield and sensitivity against closed forms."""

import io
import math

import numpy as np
import pytest
from rich.console import Console
from scipy.stats import norm, sobol_indices

import qsb_hw as qh
from qsb_hw.devices.catalog import shipped_specs
from qsb_hw.explore.sweep import pool
from qsb_hw.explore.sweep.subject import subject_of
from qsb_hw.explore.tolerance import Scatter, sampled, scatter_of, sensitivity
from qsb_hw.plot import plot_tolerance
from qsb_hw.show.fields import With
from qsb_hw.show.tolerance import TOLERANCE, tolerance_view
from qsb_hw.spec.load import read_toml
from qsb_hw.spec.quantity import Quantity


@pytest.fixture
def table():
    """Of the two linewidths the damping one is always the wider, so that K/κ = |α|/2κ of it alone."""
    found = read_toml(shipped_specs()["kerr_squid_array"])
    found["amplification"] |= {"linewidth": "4 MHz", "external_linewidth": "4 MHz"}
    del found["damping"]["external_linewidth"]
    return found


@pytest.fixture(scope="module")
def ratios(tmp_path_factory):
    """A store whose devices are shared by the conditions they are held against."""
    return tmp_path_factory.mktemp("tolerance") / "ratios.zarr"


@pytest.mark.parametrize("margin", [0.97, 1.0, 1.04])
def test_the_yield_of_a_ratio_of_two_normal_numbers(table, ratios, margin):
    """K/κ ≥ b wherever |α|/2 − bκ ≥ 0, a normal number: the yield is Φ of its mean over its deviation."""
    alpha, kappa, bound = 13.4, 5.36, 1.25 * margin
    scatter = {"$.oscillator.anharmonicity": "3 %", "$.damping.linewidth": 0.04}
    found = qh.tolerance(
        table,
        scatter,
        holds=f"kerr_to_linewidth>={bound}",
        measures=(),
        samples=256,
        settings={"levels": 4},
        out=ratios,
    )
    deviation = math.hypot(0.03 * alpha / 2, bound * 0.04 * kappa)
    exact = norm.cdf((alpha / 2 - bound * kappa) / deviation)
    assert found.result.devices == 512
    assert found.result.low <= exact <= found.result.high
    assert found.result.high - found.result.low < 0.1
    assert found.result.share == pytest.approx(exact, abs=0.015)  # quasi-random: better than the interval says


def shares(*tolerances_and_powers):
    """Sobol' indices of Π x_i^p_i of independent uniform x_i = 1 ± t_i: with c_i = Var/mean² of each factor,
    S_i = c_i/(Π(1 + c) − 1) and T_i = c_i Π_{j≠i}(1 + c_j)/(Π(1 + c) − 1).
    """

    def moment(t, p):
        if p == -1:
            return math.log((1 + t) / (1 - t)) / (2 * t)
        return ((1 + t) ** (p + 1) - (1 - t) ** (p + 1)) / (2 * t * (p + 1))

    c = np.array([moment(t, 2 * p) / moment(t, p) ** 2 - 1 for t, p in tolerances_and_powers])
    all_of_it = np.prod(1 + c)
    return c / (all_of_it - 1), c * all_of_it / (1 + c) / (all_of_it - 1)


def test_the_indices_of_a_product(table):
    """n_c = (rκ/g0)² with r = g/κ, κ and g0 uniform; wide enough that interactions count."""
    scatter = {
        "$.damping.coupling_to_linewidth": "45 %",
        "$.damping.linewidth": "40 %",
        "$.damping.single_photon_coupling": "35 %",
    }
    measure = "fact:damping photons n_c"
    found = qh.tolerance(
        table, scatter, holds=f"{measure}>=28.7", measures=(measure,), distribution="uniform", samples=1024,
        settings={"levels": 4},
    )  # fmt: skip
    exact_first, exact_total = shares((0.45, 2), (0.4, 2), (0.35, -2))
    of_photons = found.sensitivities[1]
    assert np.all(exact_total > exact_first + 0.04)
    for index, error, exact in (
        (of_photons.first, of_photons.first_error, exact_first),
        (of_photons.total, of_photons.total_error, exact_total),
    ):
        assert np.all(np.abs(index - exact) < error)
        assert np.all(error < 0.08)
    assert of_photons.without == 0


def test_one_number_explains_everything_it_does_and_nothing_else(table):
    table["damping"]["linewidth"] = {"value": "5.36 MHz", "tolerance": "2 %"}
    found = qh.tolerance(
        table, {"$.oscillator.t1": 0.1}, holds="kerr_to_linewidth>=1.2", measures=("kerr_to_linewidth",), samples=64,
        settings={"levels": 4},
    )  # fmt: skip
    assert [s.path for s in found.scatter] == ["$.damping.linewidth", "$.oscillator.t1"]
    first, total = found.sensitivities[1].first, found.sensitivities[1].total
    assert first[1] == total[1] == 0.0
    assert (first[0], total[0]) == (pytest.approx(1.0, abs=0.1), pytest.approx(1.0, abs=0.2))


def test_a_single_number_that_scatters(table):
    found = qh.tolerance(
        table, {"$.oscillator.anharmonicity": "1 %"}, holds="kerr_to_linewidth>=1", measures=(), samples=64,
        settings={"levels": 4},
    )  # fmt: skip
    assert found.result.share == 1.0
    assert 0.97 < found.result.low < 1.0
    assert found.result.high == 1.0
    assert found.sensitivities[0].first == pytest.approx([0.0])  # what never changes has nothing to explain


def test_the_verdict_is_what_must_hold_unless_something_else_is_asked():
    scatter = {"$.damping.linewidth": "10 %", "$.amplification.linewidth": "10 %"}
    found = qh.tolerance("kerr_squid_array", scatter, samples=64, settings={"levels": 4})
    assert (found.nominal, found.condition) == ("borderline", "verdict at least borderline")
    assert 0.5 < found.result.share < 1
    assert found.refused > 0  # a linewidth below the external one
    assert sum(found.reasons.values()) == found.refused
    assert all("external_linewidth" in reason for reason in found.reasons)
    assert np.all(np.isnan(found.sensitivities[1].first))  # no contrast where there is no device
    assert found.sensitivities[1].without == found.refused
    assert np.all(np.isfinite(found.sensitivities[0].first))


def test_the_seed_decides_everything(table, monkeypatch):
    """And the number of workers nothing, however their work is shared out; here this process does it for them."""
    started = []
    monkeypatch.setattr(pool, "_processes", lambda size: started.append(size) or pool.InThisProcess())

    def of(seed, workers=1):
        scatter = {"$.oscillator.anharmonicity": "3 %"}
        found = qh.tolerance(
            table, scatter, holds="kerr_to_linewidth>=1.25", measures=("kerr_to_linewidth",), samples=64, seed=seed,
            settings={"levels": 4}, workers=workers,
        )  # fmt: skip
        return found.result, found.sensitivities[1].mean

    first = of(1)
    assert first == of(1, workers=2)
    assert started == [2]
    assert first[1] != of(2)[1]


def test_a_tolerance_in_the_file_is_found_and_can_be_taken_back():
    subject = subject_of("transmon_squid")
    assert {s.path: s.tolerance for s in scatter_of(subject, {})} == {
        "$.damping.squid_asymmetry": 0.5,
        "$.amplification.squid_asymmetry": 0.5,
    }
    given = scatter_of(subject, {"$.damping.squid_asymmetry": 0, "$.oscillator.josephson_energy": "3 %"})
    assert {s.path: s.tolerance for s in given} == {
        "$.amplification.squid_asymmetry": 0.5,
        "$.oscillator.josephson_energy": 0.03,
    }


@pytest.mark.parametrize(
    ("scatter", "more", "message"),
    [
        ({}, {}, "Something must scatter"),
        ({"$.damping.linewidt": "3 %"}, {}, "Did you mean"),
        ({"$.damping.linewidth": "3 MHz"}, {}, "must be a pure number"),
        ({"$.damping.linewidth": "130 %"}, {}, "between 0 and 1"),
        ({"$.target.fock_state": "3 %"}, {}, "whole number"),
        ({"$.damping.pump_power": "3 %"}, {}, "must be in the file"),
        ({"$.damping.linewidth": "3 %"}, {"samples": 100}, "power of two"),
        ({"$.damping.linewidth": "3 %"}, {"distribution": "cauchy"}, "normal or uniform"),
        ({"$.damping.linewidth": "3 %"}, {"holds": "contrast"}, "limit must look like"),
    ],
)
def test_bad_scatter_says_what_to_write(scatter, more, message):
    with pytest.raises(qh.ArgumentError, match=message):
        qh.tolerance("kerr_squid_array", scatter, **more)


# --- how good the indices are ----------------------------------------------------------------------------------------


def ishigami(seed, samples):
    """Values of sin x + 7 sin² y + z⁴ sin x / 10 over −π … π, (replicates, 5, n), at the points of a study."""
    scatter = [Scatter(f"$.{name}", Quantity(1.0, "1"), 1.0) for name in "xyz"]
    x, y, z = np.moveaxis(np.pi * (sampled(scatter, "uniform", samples, seed) - 1), -1, 0)
    return np.sin(x) + 7 * np.sin(y) ** 2 + 0.1 * z**4 * np.sin(x)


def exact_ishigami():
    """First-order and total indices, from its variances by parts."""
    alone = (1 + 0.1 * np.pi**4 / 5) ** 2 / 2
    second, together = 49 / 8, 0.01 * np.pi**8 * (1 / 18 - 1 / 50)
    whole = alone + second + together
    return np.array([alone, second, 0]) / whole, np.array([alone + together, second, together]) / whole


def test_indices_are_those_of_scipy():
    values = ishigami(3, 256)
    found = sensitivity("f", values, 3)
    a, b, *mixed = np.moveaxis(values, 0, 1).reshape(5, -1)
    sets = {"f_A": a[None], "f_B": b[None], "f_AB": np.array(mixed)[:, None]}
    expected = sobol_indices(func=sets, n=256)
    chance = np.mean((a - values[:, :2].mean()) * (b - values[:, :2].mean())) / values[:, :2].var()
    np.testing.assert_allclose(found.first - found.total * chance, np.ravel(expected.first_order), atol=1e-12)
    np.testing.assert_allclose(found.total, np.ravel(expected.total_order), atol=1e-12)


@pytest.mark.parametrize(("samples", "width"), [(64, 1.0), (512, 0.3)])
def test_the_intervals_cover_the_indices_of_ishigami(samples, width):
    exact = np.array(exact_ishigami())
    found = [sensitivity("f", ishigami(seed, samples), seed) for seed in range(40)]
    intervals = np.array([[f.first_interval, f.total_interval] for f in found])
    covered = (intervals[..., 0] <= exact) & (exact <= intervals[..., 1])
    assert covered.mean() > 0.93  # of 95 %
    assert covered.mean(axis=0).min() > 0.8
    assert np.diff(intervals).max() < width


def test_too_few_samples_are_said_to_be(table):
    """With 64 samples an index may be above one and alone above in all; then its interval says that it says nothing."""
    few, many = (sensitivity("f", ishigami(0, samples), 0) for samples in (64, 4096))
    assert not few.enough.all()
    assert many.enough.all()
    doubtful = [s for s in (sensitivity("f", ishigami(seed, 64), seed) for seed in range(40))
                if np.any((s.first > 1) | (s.total > 1) | (s.first > s.total))]  # fmt: skip
    assert doubtful
    for one in doubtful:
        wrong = (one.first > 1) | (one.total > 1) | (one.first > one.total)
        overlap = (one.first_interval[:, 0] <= one.total_interval[:, 1]) & (one.first_interval[:, 0] <= 1)
        assert np.all(~wrong | overlap)
    scatter = {"$.damping.coupling_to_linewidth": "60 %", "$.damping.linewidth": "50 %"}
    found = qh.tolerance(
        table, scatter, holds="fact:damping photons n_c>=28.7", measures=("fact:damping photons n_c",), samples=64,
        distribution="uniform", settings={"levels": 4},
    )  # fmt: skip
    record = TOLERANCE.record(found)["sensitivities"][1]["indices"]
    assert [index["enough"] for index in record] == list(found.sensitivities[1].enough)
    text = printed(tolerance_view(With(found, subject=("kerr", ""))))
    said = [bool(s.enough.all()) for s in found.sensitivities]
    assert ("too few samples" in text.lower()) == (not all(said))
    assert not all(said)


def test_the_yield_alone_is_that_of_the_same_devices_and_takes_no_others(table):
    scatter = {"$.oscillator.anharmonicity": "3 %", "$.damping.linewidth": "4 %", "$.amplification.linewidth": "4 %"}
    few, solved = {"samples": 64, "settings": {"levels": 4}, "holds": "kerr_to_linewidth>=1.25"}, []
    alone = qh.tolerance(table, scatter, indices=False, progress=lambda _, *done: solved.append(done), **few)
    whole = qh.tolerance(table, scatter, measures=(), **few)
    assert solved[-1] == (128, 128)
    assert alone.result == whole.result
    assert (alone.sensitivities, len(whole.sensitivities)) == ((), 1)
    assert "variance" not in printed(tolerance_view(alone))
    with pytest.raises(qh.ArgumentError, match="indices to be drawn"):
        plot_tolerance(alone)
    with pytest.raises(qh.ArgumentError, match="without `indices`"):
        qh.tolerance(table, scatter, indices=False, measures=("contrast",), **few)


def printed(view):
    console = Console(width=120, file=io.StringIO())
    console.print(view)
    return console.file.getvalue()


def test_absurd_numbers_of_samples_are_refused_before_they_are_drawn(monkeypatch):
    monkeypatch.setattr("qsb_hw.explore.tolerance.sampled", lambda *_: pytest.fail("begun"))
    with pytest.raises(qh.CapacityError, match=r"`most_devices` = 1e\+06, but would be 3\.3e\+12, .* hours"):
        qh.tolerance("kerr_squid_array", {"$.damping.linewidth": "3 %"}, samples=2**40)
    with pytest.raises(qh.CapacityError, match="most_devices` = 100"):
        qh.tolerance("kerr_squid_array", {"$.damping.linewidth": "3 %"}, samples=64, most_devices=100)


def test_a_tolerance_shows_itself_with_and_without_a_subject():
    model = {"model": "lorentzian_pair", "kerr": 10, "sigma": 0.2, "fock_state": 1, "coupling": 0.3}
    found = qh.tolerance(model, {"$.kerr": "10 %"}, holds="resonance<=-20", measures=(), samples=64)

    def shown(one):
        console = Console(width=100, color_system=None)
        with console.capture() as captured:
            console.print(tolerance_view(one))
        return captured.get()

    alone, named = shown(found), shown(With(found, subject=("pair", "two of them")))
    assert "How many such devices hold?" in alone
    assert named.endswith(alone)
    assert named.startswith("pair – two of them")
