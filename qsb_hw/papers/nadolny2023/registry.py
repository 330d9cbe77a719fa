"""The figures by name, and where the numbered equations live."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from qsb_hw.papers.dataset import FigureEntry, figures
from qsb_hw.papers.nadolny2023 import columns, finite, microscopic, one_group, two_groups

FIGURES: Mapping[str, FigureEntry] = figures(
    "nadolny2023",
    (
        ("2a", "one group in time, below and above the critical coupling", one_group.figure_2a, "seconds"),
        ("2b", "order parameter and coherences over V: a sharp onset", one_group.figure_2b, "5 s"),
        ("2c", "order parameter over V and γ₊/γ₋: interference blockade", one_group.figure_2c, "5 s"),
        ("2d", "phase of a driven oscillator for three α", one_group.figure_2d, "seconds"),
        ("3a", "two groups: spectrum of A over detuning", columns.figure_3abc, "seconds"),
        ("3b", "two groups: spectrum of B over detuning", columns.figure_3abc, "seconds"),
        ("3c", "two groups: frequency difference over detuning", columns.figure_3abc, "seconds"),
        ("3d", "frequency difference over δ and V_AB: Arnold tongue", two_groups.figure_3d, "1 min"),
        ("4a", "macroscopic blockade: frequency difference over δ and α", two_groups.figure_4, "15 s"),
        ("4b", "macroscopic blockade: order parameter over δ and α", two_groups.figure_4, "15 s"),
        ("4c", "macroscopic blockade: relative phase over δ and α", two_groups.figure_4, "15 s"),
        ("s1a", "relative phase of two oscillators around Fig. 4 (a)", microscopic.figure_s1a, "15 s"),
        ("s1b", "two oscillators: maximum of s(φ_AB) over δ and α", microscopic.figure_s1bcd, "seconds"),
        ("s1c", "two oscillators: most likely φ_AB over δ and α", microscopic.figure_s1bcd, "seconds"),
        ("s1d", "two oscillators: where synchronization is favoured", microscopic.figure_s1bcd, "seconds"),
        ("s2", "spectra of two groups for five V_AB", columns.figure_s2, "10 s"),
        ("s3", "spectra of two groups for five α", columns.figure_s3, "10 s"),
        ("s4", "finite groups: amplitude in time, lifetime over N", finite.figure_s4, "10 s"),
    ),
)

EQUATIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "1": ("qsb_hw.ensemble.groups.SpinGroups",),
        "2": ("qsb_hw.ensemble.dynamics.mean_field", "qsb_hw.ensemble._kernel.slope"),
        "stability": (
            "qsb_hw.ensemble.stability.stability_matrix",
            "qsb_hw.ensemble.stability.growth",
            "qsb_hw.ensemble.stability.critical_coupling",
        ),
        "S3": ("qsb_hw.sync.microscopic.driven_phase_distribution",),
        "S4": ("qsb_hw.sync.microscopic.driven_phase_distribution", "qsb_hw.sync.phase.PhaseDistribution"),
        "S5": ("qsb_hw.sync.microscopic",),
        "S6": ("qsb_hw.sync.microscopic",),
        "S7": ("qsb_hw.sync.microscopic.pair_phase_distribution",),
        "S8": ("qsb_hw.sync.microscopic.pair_phase_distribution", "qsb_hw.sync.microscopic.pair_first_harmonic"),
        "S9": ("qsb_hw.sync.microscopic",),
        "S10": ("qsb_hw.sync.microscopic",),
        "finite size": ("qsb_hw.ensemble.finite_size.finite_size", "qsb_hw.ensemble.linear_noise.phase_diffusion"),
    }
)
"""Numbered equation, or an unnumbered result → dotted names of what computes it."""
