"""The paper's groups, in units of γ₋, and what its Datasets have in common."""

from __future__ import annotations

from functools import partial

from numpy.typing import ArrayLike

from qsb_hw.ensemble.groups import SpinGroups
from qsb_hw.papers import dataset as common
from qsb_hw.papers.dataset import Axis

REFERENCE = "Nadolny, Bruder, Phys. Rev. Lett. 131, 190402 (2023)"

dataset = partial(common.dataset, REFERENCE)
"""Dataset of a figure of this paper."""

LOSS = 1.0
"""γ₋, the unit."""
GAIN = 0.5
"""γ₊ wherever the paper does not vary it."""
COUPLING = 1.0
"""V within the groups of Figs. 3, 4 and S1–S3."""
OWN = {"gain": GAIN, "loss": LOSS, "coupling": COUPLING}
RESOLUTION = 255
RANGE = 25.0
"""Largest |δ| and |α| in γ₋ of Figs. 4, S1 and S3."""
SAMPLES = 10000
ORDER = "|⟨S⁺⟩|"
DIFFERENCE = "frequency difference ω_A − ω_B"
ASYMMETRY = "asymmetry α (K in the paper)"


def detuning_axis(values: ArrayLike) -> Axis:
    """δ in units of γ₋."""
    return Axis(values, "γ₋", "detuning δ")


def asymmetry_axis(values: ArrayLike, unit: str = "γ₋") -> Axis:
    """α, which the paper calls K."""
    return Axis(values, unit, ASYMMETRY)


def one_group(coupling: float) -> SpinGroups:
    """A single group with γ₋ = 2γ₊ and α = 0."""
    return SpinGroups(gain=GAIN, loss=LOSS, coupling=coupling)


def two_groups(detuning: float, *, intergroup: float, asymmetry: float = 0.0) -> SpinGroups:
    """Groups A and B, detuned by ±δ/2, with V = γ₋ = 2γ₊ in each."""
    return SpinGroups(
        gain=GAIN, loss=LOSS, asymmetry=asymmetry, coupling=COUPLING, intergroup=intergroup, detuning=float(detuning)
    )
