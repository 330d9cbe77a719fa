"""What this platform calls its own things."""

from __future__ import annotations

from qsb_hw.model.noise import Noise
from qsb_hw.model.vocabulary import DescriptionWords, Vocabulary

VOCABULARY = Vocabulary(
    bath="cavity",
    baths="cavities",
    drive="pump",
    drives="pumps",
    descriptions={
        "circuit": DescriptionWords(
            meaning="real levels shifted by the static force of the pumps, cubic coupling g0 c†c X, cavity Kerr"
        ),
        "linear_cavity": DescriptionWords(
            meaning="the same with linear cavities",
            neglected="the cavities' Kerr −K_c c†²c²",
            remedy="Retune each pump by −4K_c n_c, or lower the SQUID's participation or n_c.",
        ),
        "unlinearised": DescriptionWords(
            neglected="the static force g0 n_c X of the pumps",
            remedy="Tune the pumps to cavities and transitions as they are with both pumps on; "
            "⟨X⟩ shifts a cavity by 2Σg²/ω.",
        ),
        "linearised": DescriptionWords(remedy="Lower g0 (mutual inductance, flux bias) and pump harder to the same g."),
        "eliminated": DescriptionWords(
            remedy="Lower the pump power or widen κ: the error falls as (g/κ)². Or trust the full model."
        ),
    },
    noises={Noise.CAVITY_KERR: "cavity Kerr"},
    remedies={
        "kerr_to_linewidth": "Raise the charging energy of the oscillator, or lower the linewidth of the cavities.",
        "kerr_to_gamma": "Lower the pump power: γ = 4g²/κ falls with it.",
        "gamma_t_phi": "Reduce flux and charge noise, or raise γ.",
        "coupling_to_gamma_visible": "Raise the coupling capacitance, or lower the pump power.",
        "coupling_to_gamma_hybridised": "Lower the coupling capacitance, or raise the pump power.",
        "adiabaticity": "Lower the pump power or widen κ, or trust the full model.",
    },
    hints={
        "kerr": "give each cavity's circuit, or its kerr and single_photon_coupling",
        "single_photon_coupling": "give each cavity's circuit, or its single_photon_coupling",
        "pair": "write [pair] with a coupling, a coupling_capacitance or a capacitance_matrix",
    },
    observables="The field that a cavity emits can be detected.",
)
