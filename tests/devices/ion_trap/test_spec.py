"""What no ion trap can be: refused with the path in the file and a hint."""

import math

import pytest

from qsb_hw.devices.catalog import device_from_spec, load_device
from qsb_hw.devices.ion_trap.spec import IonTrapSpec
from qsb_hw.errors import SpecError
from qsb_hw.spec.load import validate

LATTICE = {"kind": "lattice", "wavelength": "1074 nm"}


def problems_of(table):
    with pytest.raises(SpecError) as caught:
        device_from_spec(table)
    return {p.path: p.message for p in caught.value.problems}


CASES = [
    ("unknown species", {"ion__species": "40Cu+"}, "$.ion.species", "Did you mean 40Ca+"),
    ("unknown line", {"damping__transition": "S1/2-D7/2"}, "$.damping.transition", "Did you mean S1/2-D5/2"),
    ("species not text", {"ion__species": 40}, "$.ion.species", "must be text"),
    ("heating in Hz", {"ion__heating_rate": "50 Hz"}, "$.ion.heating_rate", "carries no 2π"),
    ("no heating", {"ion__heating_rate": None}, "$.ion", "one of heating_rate, electric_field_noise"),
    ("heating twice", {"ion__electric_field_noise": "1e-12 V^2/m^2/Hz"}, "$.ion", "only one of"),
    ("exponent alone", {"ion__noise_exponent": 1}, "$.ion.noise_exponent", "must come with electric_field_noise"),
    ("too many levels", {"ion__levels": 201}, "$.ion.levels", "between 3 and 200"),
    ("levels not whole", {"ion__levels": 4.5}, "$.ion.levels", "whole number"),
    ("two depths", {"potential__depth": "3 mK"}, "$.potential", "only one of depth"),
    ("no depth", {"potential__depth_in_recoils": None}, "$.potential", "one of depth"),
    ("key of another kind", {"potential__waist": "1 um"}, "$.potential.waist", "of kind 'lattice'"),
    ("unknown key", {"potential__wavelenght": "1 um"}, "$.potential.wavelenght", "Did you mean wavelength?"),
    ("unknown kind", {"potential__kind": "latice"}, "$.potential.kind", "'lattice', 'tweezer'"),
    ("missing key of its kind", {"potential": {"kind": "tweezer", "depth": "1 mK"}},
     "$.potential.waist", "Write waist"),
    ("rate for an energy", {"potential": LATTICE | {"depth": "8 1/s"}}, "$.potential.depth", "must be an energy"),
    ("no bound ladder", {"potential__depth_in_recoils": 3}, "$.potential.depth_in_recoils", "at least 3 levels"),
    ("well turns over", {"potential": {"kind": "polynomial", "frequency": "1 MHz", "quartic": "-3 meV/um^4"}},
     "$.potential.quartic", "at least 3 levels"),
    ("not a quartic coefficient", {"potential": {"kind": "double_well", "quartic": "1 meV/um^3"}},
     "$.potential.quartic", "must be a quartic coefficient"),
    ("no double well", {"potential": {"kind": "double_well", "quartic": "-1 meV/um^4"}}, "$.potential.quartic", "> 0"),
    ("grid does not converge",
     {"potential": {"kind": "double_well", "quartic": "1 meV/um^4", "quadratic": "100 meV/um^2"}},
     "$.potential.quartic", "fit on"),
    ("no table", {"potential": {"kind": "table", "file": "none.csv"}}, "$.potential.file", "readable text file"),
    ("sign of electrodes",
     {"potential": {"kind": "electrodes", "frequency": "1 MHz", "distance": "40 um", "anharmonicity": "soft"}},
     "$.potential.anharmonicity", "'softening' or 'hardening'"),
    ("line and wavelength", {"damping__wavelength": "729 nm"}, "$.damping", "only one of transition"),
    ("neither", {"damping__transition": None, "damping__beam_waist": None}, "$.damping", "one of transition"),
    ("κ twice", {"damping__linewidth": "1 kHz"}, "$.damping", "one way"),
    ("half a quench", {"damping__quench_rabi_frequency": None}, "$.damping.quench_rabi_frequency", "Write quench"),
    ("two strengths", {"damping__coupling": "1 kHz"}, "$.damping", "only one of rabi_frequency"),
    ("no strength", {"damping__coupling_to_linewidth": None}, "$.damping", "one of rabi_frequency"),
    ("δ and n±", {"damping__detuning": "-3 MHz", "damping__level": 2}, "$.damping", "only one of detuning"),
    ("red on the blue side", {"damping__detuning": "3 MHz"}, "$.damping.detuning", "must be negative"),
    ("blue on the red side", {"amplification__detuning": "-3 MHz"}, "$.amplification.detuning", "must be positive"),
    ("n₋ off the ladder", {"damping__level": 90}, "$.damping.level", "between 1 and 56"),
    ("projection", {"damping__projection": 3}, "$.damping.projection", "between 0 and 2"),
    ("η above one", {"damping__decay_wavelength": "30 nm"}, "$.damping.decay_wavelength", "Lamb–Dicke parameter"),
    ("missing unit", {"pair__separation": "300"}, "$.pair.separation", "must carry a unit"),
    ("inside each other's orbit", {"pair__separation": "0.1 um"}, "$.pair.separation", "than their orbits"),
    ("one crystal", {"pair__separation": "2 um"}, "$.pair.separation", "one crystal"),
    ("two couplings", {"pair__coupling": "1 kHz"}, "$.pair", "only one of separation"),
    ("direction of a measured coupling", {"pair": {"coupling": "8 Hz", "direction": "axial"}},
     "$.pair.direction", "must come with a separation"),
    ("n0 = 0", {"target__fock_state": 0}, "$.target.fock_state", "at least 1"),
    ("n0 above the levels there are", {"target__fock_state": 56}, "$.target.fock_state", "binds 57"),
    ("n0 above the well", {"target__fock_state": 3, "potential__depth_in_recoils": 40},
     "$.target.fock_state", "binds 4"),
    ("platform", {"platform": "iontrap"}, "$.platform", "Did you mean ion_trap?"),
    ("missing section", {"potential": None}, "$.potential", "Add a section [potential]"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "path", "fragment"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_one_mistake(calcium, changed, change, path, fragment):
    found = problems_of(changed(calcium, **change))
    assert list(found) == [path]
    assert fragment in found[path]


RAMAN_CASES = [
    ("a wavelength has no width", {"damping__linewidth": None}, "$.damping.linewidth", 'Write linewidth = "10 kHz"'),
    ("a power needs a line", {"damping__beam_waist": "20 um"}, "$.damping.beam_waist", "Name the transition"),
    ("η above one", {"damping__wavelength": "30 nm"}, "$.damping.projection", "Lamb–Dicke parameter"),
]


@pytest.mark.parametrize(("change", "path", "fragment"), [case[1:] for case in RAMAN_CASES],
                         ids=[case[0] for case in RAMAN_CASES])  # fmt: skip
def test_one_mistake_with_raman_beams(beryllium, changed, change, path, fragment):
    found = problems_of(changed(beryllium, **change))
    assert list(found) == [path]
    assert fragment in found[path]


def test_all_mistakes_at_once(calcium, changed):
    table = changed(
        calcium,
        ion__heating_rate="1 Hz",
        potential__waist="1 um",
        target__fock_state=1.5,
        damping__transition="S1/2-F7/2",
        damping__linewdith="1 kHz",
        amplification__coupling_to_linewidth=math.nan,
        pair__separation=300,
    )
    assert set(problems_of(table)) == {
        "$.ion.heating_rate", "$.potential.waist", "$.target.fock_state", "$.damping.transition",
        "$.damping.linewdith", "$.amplification.coupling_to_linewidth", "$.pair.separation",
    }  # fmt: skip


def test_all_that_only_the_solved_well_tells_at_once(calcium, changed):
    table = changed(
        calcium, target__fock_state=56, damping__level=90, amplification__decay_wavelength="30 nm",
        pair__separation="2 um",
    )  # fmt: skip
    assert set(problems_of(table)) == {
        "$.target.fock_state", "$.damping.level", "$.amplification.decay_wavelength", "$.pair.separation"
    }  # fmt: skip


@pytest.mark.parametrize("text", ["3.4 mK", "70.8436 MHz", "292.99 neV"])
def test_a_depth_is_an_energy_a_temperature_or_a_frequency(calcium, changed, text):
    spec = validate(IonTrapSpec, changed(calcium, potential=LATTICE | {"depth": text}), "spec")
    assert spec.potential.depth.value == pytest.approx(4.6942e-26, rel=1e-4)


def test_a_tabulated_well_lies_beside_its_file(calcium, changed, tmp_path):
    rows = "\n".join(f"{x / 100:.2f}, {(x / 100) ** 2 - 0.02 * (x / 100) ** 4:.10f}" for x in range(-100, 101))
    (tmp_path / "well.csv").write_text(f"x [um], V [meV]\n{rows}\n")
    text = "\n".join(_toml(changed(calcium, potential={"kind": "table", "file": "well.csv"})))
    (tmp_path / "trap.toml").write_text(text)
    device = load_device(tmp_path / "trap.toml")
    omega = math.sqrt(2 * 1.602176634e-10 / 6.6359e-26)  # V = ½mω²x² with 1 meV/µm²
    assert device.complete.ladder.transition_frequencies[0] == pytest.approx(omega, rel=1e-3)


def _toml(table):
    """Just enough of it: top-level text, then sections of text and numbers with or without source."""
    yield from (f'{key} = "{value}"' for key, value in table.items() if not isinstance(value, dict))
    for name, section in table.items():
        if isinstance(section, dict):
            yield f"[{name}]"
            for key, value in section.items():
                bare = value["value"] if isinstance(value, dict) else value
                yield f'{key} = "{bare}"' if isinstance(bare, str) else f"{key} = {bare}"
