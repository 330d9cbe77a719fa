"""Device tables to start from; tests change a copy."""

from __future__ import annotations

import copy

import pytest

CAVITY = {
    "linewidth": "20 MHz",
    "external_linewidth": "19 MHz",
    "capacitance": "500 fF",
    "squid_critical_current": "8.6 uA",
    "flux_bias": "0.35 Phi_0",
    "mutual_inductance": "16 pH",
    "coupling_to_linewidth": 0.07,
}
CIRCUIT = {
    "name": "chip",
    "platform": "transmon_squid",
    "oscillator": {
        "josephson_energy": "15 GHz",
        "charging_energy": "250 MHz",
        "t1": "100 us",
        "t2": "80 us",
        "temperature": "35 mK",
    },
    "target": {"fock_state": 1},
    "damping": CAVITY | {"inductance": "620 pH"},
    "amplification": CAVITY | {"inductance": "850 pH"},
    "pair": {"coupling_capacitance": "5 aF"},
}
MEASURED = {
    "name": "chip",
    "platform": "transmon_squid",
    "oscillator": {"frequency": "5.2 GHz", "anharmonicity": "-280 MHz", "t1": "100 us", "temperature": "35 mK"},
    "target": {"fock_state": 1},
    "damping": {
        "linewidth": "20 MHz",
        "frequency": "8.5 GHz",
        "single_photon_coupling": "300 kHz",
        "photon_number": 20,
    },
    "amplification": {"linewidth": "20 MHz", "coupling": "1.4 MHz"},
    "pair": {"coupling": "150 kHz"},
}


@pytest.fixture
def circuit():
    return copy.deepcopy(CIRCUIT)


@pytest.fixture
def measured():
    return copy.deepcopy(MEASURED)


@pytest.fixture
def changed():
    """`table` with dotted keys set; a key set to None is removed."""

    def change(table, **values):
        result = copy.deepcopy(table)
        for dotted, value in values.items():
            *sections, key = dotted.split("__")
            inner = result
            for section in sections:
                inner = inner[section]
            if value is None:
                inner.pop(key)
            else:
                inner[key] = value
        return result

    return change
