"""Numbers far outside what physics allows: refused at their key with its range, never an exception of another kind."""

from __future__ import annotations

import copy

import pytest

from qsb_hw.devices.catalog import device_from_spec, platforms, shipped_specs
from qsb_hw.elimination.eliminate import eliminate
from qsb_hw.errors import ArgumentError, QsbError, SpecError
from qsb_hw.spec.load import read_toml
from qsb_hw.spec.paths import numeric_fields

SPECS = {name: read_toml(path) for name, path in shipped_specs().items()}
EXTREME = ("1e300", "-1e300", "1e-300", "1e12", "1e-12")


def given_numbers(table):
    """Section, key and unit of every number of a file."""
    for section, keys in table.items():
        for key, value in keys.items() if isinstance(keys, dict) else ():
            text = str(value["value"] if isinstance(value, dict) else value)
            if text[0].isdigit() or text[0] == "-":
                yield section, key, text.partition(" ")[2]


@pytest.mark.parametrize("name", SPECS)
def test_a_number_of_any_size_is_refused_with_its_path_or_makes_a_device(name):
    refused = 0
    for section, key, unit in given_numbers(SPECS[name]):
        for number in EXTREME:
            table = copy.deepcopy(SPECS[name])
            table[section][key] = f"{number} {unit}".strip()
            try:
                eliminate(device_from_spec(table).oscillator())
            except QsbError as error:
                refused += 1
                where = str(error)
            else:
                where = "$."
            assert "$." in where, (section, key, number)
            if number in ("1e300", "-1e300", "1e-300"):
                assert f"$.{section}.{key}" in where, (section, key, number)
    assert refused


@pytest.mark.parametrize("tag", platforms())
def test_every_field_has_a_range(tag):
    for field in numeric_fields(platforms()[tag].spec):
        smallest, largest = field.reads.magnitudes
        assert 0 < smallest < largest < float("inf"), field.path
        below, above = field.reads.check(1e-290), field.reads.check(1e290)
        assert below[0], field.path
        assert above[0], field.path


def changed(name, **values):
    table = copy.deepcopy(SPECS[name])
    for dotted, value in values.items():
        section, _, key = dotted.partition("__")
        table[section][key] = value
    return table


ION, CIRCUIT = "ion_lattice_ca40", "transmon_squid"
CASES = [
    (changed(ION, ion__heating_rate="0.1 count"), "$.ion.heating_rate", "must be a rate"),
    (changed(ION, potential__depth_in_recoils=4e-5), "$.potential.depth_in_recoils", "at least 3 levels"),
    (changed(ION, potential__wavelength="1 km"), "$.potential.wavelength", "from 1 nm to 10 mm in size"),
    (changed(CIRCUIT, oscillator__offset_charge=1e9), "$.oscillator.offset_charge", "between −1000 and 1000"),
]


@pytest.mark.parametrize(("table", "path", "fragment"), CASES)
def test_the_key_is_named(table, path, fragment):
    with pytest.raises(SpecError) as caught:
        device_from_spec(table)
    (problem,) = caught.value.problems
    assert problem.path == path
    assert fragment in problem.message


def test_whole_pairs_of_offset_charge_change_nothing():
    """E(n_g) has period one; beyond the charge basis the levels were those of a truncated one."""
    one, far = (device_from_spec(changed("transmon_squid", oscillator__offset_charge=n)) for n in (0.25, 100.25))
    assert far.complete.ladder.energies == pytest.approx(one.complete.ladder.energies, rel=1e-12)


def test_a_line_too_narrow_to_eliminate_is_named():
    """The octupole line of ¹⁷¹Yb⁺: κ/2π of a µHz beside MHz of detuning."""
    table = changed("ion_lattice_ca40", ion__species="171Yb+")
    for section in ("damping", "amplification"):
        table[section] = {"transition": "S1/2-F7/2", "coupling_to_linewidth": 0.065}
    device = device_from_spec(table)
    try:
        rates = eliminate(device.oscillator()).rates
    except ArgumentError as error:
        where = str(error)
    else:
        where = "$.damping" if (rates >= 0).all() else ""
    assert "$.damping" in where


@pytest.mark.parametrize("spec", [[1], "x", None, 3])
def test_what_is_no_table_is_refused(spec):
    with pytest.raises(ArgumentError, match="must be described by a table"):
        device_from_spec(spec)
