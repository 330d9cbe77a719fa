"""The model hierarchy: which descriptions there are, what each is made of, and what is skipped with which reason."""

from dataclasses import replace

import numpy as np
import pytest

import qsb_hw as qh
from qsb_hw.elimination.hierarchy import build_description, check_descriptions, neglected_between
from qsb_hw.elimination.variants import with_mode_kerr, without_recoil
from qsb_hw.model.bath import Nonlinearity

ORDER = (
    "circuit", "linear_cavity", "unlinearised", "linearised", "rotating_wave", "kerr", "eliminated", "secular",
    "lorentzian", "published",
)  # fmt: skip


def known(oscillator, g0=0.02, kerr=0.001):
    """The same with g0 and K_c of both cavities."""
    return replace(oscillator, baths=tuple(replace(b, nonlinearity=Nonlinearity(g0, kerr)) for b in oscillator.baths))


def size_of(description):
    return None if description.oscillator is None else type(description.oscillator).__name__


def test_the_order_of_the_hierarchy():
    assert qh.HIERARCHY == ORDER


def test_a_circuit_has_every_description(lab):
    descriptions = [build_description(known(lab.stabilised()), name) for name in qh.HIERARCHY]
    assert all(not description.skipped for description in descriptions)
    assert [size_of(description) for description in descriptions] == ["SelfOscillator"] * 6 + [
        "EffectiveOscillator"
    ] * 4
    assert [description.rwa for description in descriptions] == [False] * 4 + [True] * 6


@pytest.mark.parametrize(
    ("nonlinearity", "missing"),
    [
        (None, {"circuit", "linear_cavity", "unlinearised"}),
        (Nonlinearity(kerr=0.001), {"circuit", "linear_cavity", "unlinearised"}),  # with which photon number?
        (Nonlinearity(0.02), {"circuit"}),
        (Nonlinearity(0.02, 0.001), set()),
    ],
)
def test_what_is_not_known_is_skipped_with_the_reason(lab, nonlinearity, missing):
    plain = lab.stabilised()
    oscillator = replace(plain, baths=tuple(replace(b, nonlinearity=nonlinearity) for b in plain.baths))
    descriptions = [build_description(oscillator, name) for name in qh.HIERARCHY]
    assert {description.name for description in descriptions if description.oscillator is None} == missing
    assert all(
        description.skipped and not description.failed for description in descriptions if description.oscillator is None
    )


def test_an_ion_has_no_cavity_to_make_linear():
    device = qh.load_device("ion_lattice_be9")
    descriptions = {name: build_description(device.complete, name) for name in qh.HIERARCHY}
    assert {name for name, description in descriptions.items() if description.oscillator is None} == {"linear_cavity"}
    assert "no mode" in descriptions["linear_cavity"].skipped
    assert "recoil" in descriptions["unlinearised"].words.neglected
    assert descriptions["circuit"].oscillator.baths[0].recoil
    assert not any(descriptions["unlinearised"].oscillator.baths[0].recoil)


def test_an_ion_without_recoil_begins_one_description_lower():
    complete = qh.load_device("ion_lattice_be9").complete
    still = without_recoil(complete)
    assert "no recoil" in build_description(still, "circuit").skipped
    assert build_description(still, "unlinearised").oscillator is not None


def test_linearised_is_the_devices_own_model_and_rotating_wave_the_same_without_half_of_it(lab):
    oscillator = known(lab.stabilised())
    for name, rwa in (("linearised", False), ("rotating_wave", True)):
        description = build_description(oscillator, name)
        one, other = qh.full_model(description.oscillator, description.rwa), qh.full_model(oscillator, rwa)
        assert abs(one.hamiltonian - other.hamiltonian).max() < 1e-12


def test_closed_form_descriptions_are_the_papers_oscillator_in_both_conventions(lab):
    target, kappa, omega = 2, 0.4, 50.0
    oscillator = lab.stabilised(target, kappa, 0.01, frequency=omega)
    gamma, blue, red = 4 * 0.01**2 / kappa, omega - 2.0, -(omega - 4.0)  # K = 1: δ₊ = ω2, δ₋ = −ω3
    expected = {
        "lorentzian": (kappa / 4, 1 + (omega - blue) / 2, 1 + (omega + red) / 2),
        "published": (kappa / 8, (blue - omega) / 2, -(red - omega) / 2),
    }
    for name, (sigma, n_plus, n_minus) in expected.items():
        paper = qh.EffectiveOscillator.lorentzian(
            kerr=1.0, gamma=gamma, sigma=sigma, n_plus=n_plus, n_minus=n_minus, levels=6, frequency=omega
        )
        found = build_description(oscillator, name).oscillator
        np.testing.assert_allclose(found.rates, paper.rates, rtol=1e-9)
        np.testing.assert_allclose(found.ladder.energies, paper.ladder.energies, rtol=1e-12)


@pytest.mark.parametrize("name", ["circuit", "linear_cavity", "unlinearised"])
def test_descriptions_without_symmetry_agree_with_qutip(lab, name):
    import qutip

    description = build_description(
        known(lab.stabilised(coupling=0.02, frequency=20.0, levels=4, bath_levels=2), kerr=0.02), name
    )
    model = qh.full_model(description.oscillator, description.rwa)
    reference = qutip.steadystate(*model.to_qutip()).full()
    assert np.abs(qh.steady_state(model).state() - reference).max() < 1e-9


def test_golden_rule_and_closed_form_rates_agree_on_a_kerr_ladder(lab):
    # bath spectra on one side, tones on the other; what is left between these descriptions are the level shifts
    oscillator = lab.stabilised(2, 0.4, 0.01)
    secular, closed = (build_description(oscillator, name).oscillator for name in ("secular", "lorentzian"))
    np.testing.assert_allclose(secular.rates, closed.rates, rtol=1e-9, atol=1e-12 * closed.rates.max())
    assert np.abs(secular.ladder.energies - closed.ladder.energies).max() > 1e-6


def test_without_a_closed_form_the_last_two_descriptions_are_skipped(lab):
    two_blue = lab.stabilised(1)
    extra = replace(two_blue, baths=(*two_blue.baths, qh.Bath.cavity(47.0, 0.5, 0.005)))
    assert "one tone per side" in build_description(extra, "published").skipped
    assert build_description(extra, "secular").oscillator is not None


def test_a_bath_that_does_not_rest_in_its_vacuum_fails_on_one_description_only(lab):
    oscillator = with_mode_kerr(known(lab.stabilised()))
    failed = build_description(oscillator, "eliminated")
    assert failed.failed
    assert "rest in its vacuum" in failed.skipped
    assert build_description(oscillator, "secular").oscillator is not None


def test_what_lies_between_two_descriptions_is_neglected_term_by_term(lab):
    neglected, remedies = neglected_between(known(lab.stabilised()), "unlinearised", "kerr")
    assert len(neglected) == len(remedies) == 3
    assert "cubic" in neglected[0]
    ion_loses, _ = neglected_between(qh.load_device("ion_lattice_be9").complete, "circuit", "linearised")
    assert len(ion_loses) == 2  # there is no cavity between them


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["kerr", "secluar"], "Did you mean secular"),
        (["rotating-wave", "kerr"], "Did you mean rotating_wave"),
        (["kerr"], "at least two descriptions"),
        (["kerr", "kerr"], "at least two descriptions"),
        ([], "at least two descriptions"),
    ],
)
def test_names_that_are_no_hierarchy(names, message):
    with pytest.raises(qh.ArgumentError, match=message):
        check_descriptions(names)


def test_descriptions_come_in_the_order_of_the_hierarchy():
    assert check_descriptions(["secular", "circuit", "kerr"]) == ("circuit", "kerr", "secular")


def test_an_unknown_description_and_oscillators_without_a_hierarchy(lab):
    with pytest.raises(qh.ArgumentError, match=r"one of the model hierarchy.*Known are circuit"):
        build_description(lab.stabilised(), "laser")
    red_only = qh.SelfOscillator(qh.Ladder.kerr(50.0, 1.0, 4), [qh.Bath.cavity(-48.0, 0.5, 0.01)])
    with pytest.raises(qh.ArgumentError, match="no amplifying tone"):
        build_description(red_only, "kerr")
    with pytest.raises(qh.ArgumentError, match="both its neighbours, 5 levels, but found 4"):
        build_description(lab.stabilised(3, levels=7).truncated(4), "kerr")
