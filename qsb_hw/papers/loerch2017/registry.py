"""The figures by name, and where the numbered equations live."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from qsb_hw.papers.dataset import FigureEntry, figures
from qsb_hw.papers.loerch2017 import ladders, maps, networks, pairs, secular

FIGURES: Mapping[str, FigureEntry] = figures(
    "loerch2017",
    (
        ("1a", "oscillator stabilised to |2⟩: levels, rates, populations", ladders.figure_1a, "seconds"),
        ("2a", "classical S(Δ): largest on resonance", pairs.figure_2a, "4 min"),
        ("2b", "quantum S(Δ): a minimum on resonance, maxima near ±2K", pairs.figure_2b, "10 s"),
        ("3a", "S over Δ and σ: from two resonances to one", maps.figure_3a, "30 s"),
        ("3b", "S over amplitude mismatch and σ", maps.figure_3b, "2 min"),
        ("3c", "S over Δn and Δ: the resonances of Eq. (7)", maps.figure_3c, "40 s"),
        ("3d", "S over K and Δ: how the resonances part", maps.figure_3d, "30 s"),
        ("4a", "three oscillators: S of the detuned pair A, C", networks.figure_4ab, "2 min"),
        ("4b", "three oscillators: S of the identical pair A, B over C", networks.figure_4ab, "2 min"),
        ("4c", "direct against mediated link: S of A, C", networks.figure_4cd, "2 min"),
        ("4d", "direct against mediated link: S of A, B", networks.figure_4cd, "2 min"),
        ("5a", "ring of four: S of neighbours A, B", networks.figure_5, "2 min"),
        ("5b", "ring of four: S of the identical pair A, D", networks.figure_5, "2 min"),
        ("6", "energy levels of two oscillators, harmonic and anharmonic", ladders.figure_6, "seconds"),
        ("7b", "three levels show the effect, two do not", pairs.figure_7b, "seconds"),
        ("note41", "the blockade without the secular approximation", secular.figure_note41, "10 s"),
    ),
)

EQUATIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "1": ("qsb_hw.model.ladder.Ladder.kerr",),
        "2": ("qsb_hw.model.effective.EffectiveOscillator.lorentzian", "qsb_hw.model.build.effective_model"),
        "3": ("qsb_hw.model.effective.Lorentzian.rates",),
        "4": ("qsb_hw.model.network.Network", "qsb_hw.model.build.network_model"),
        "5": ("qsb_hw.sync.langevin.langevin",),
        "6": ("qsb_hw.sync.phase.relative_phase", "qsb_hw.sync.phase.PhaseDistribution.S"),
        "7": ("qsb_hw.sync.resonances.resonances", "qsb_hw.papers.loerch2017.resonance_detunings"),
        "S1": ("qsb_hw.sync.perturbation.perturbative_coherences",),
        "S2": ("qsb_hw.sync.perturbation.perturbative_coherences",),
        "S3": ("qsb_hw.sync.perturbation.perturbative_synchronization",),
    }
)
"""Numbered equation → dotted names of what computes it."""
