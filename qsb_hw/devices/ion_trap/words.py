"""What this platform calls its own things."""

from __future__ import annotations

from qsb_hw.model.noise import Noise
from qsb_hw.model.vocabulary import DescriptionWords, Vocabulary

_COOLING = "add a broad tone that cools the upper levels ([cooling])"

VOCABULARY = Vocabulary(
    bath="internal level",
    baths="internal levels",
    drive="laser",
    drives="lasers",
    descriptions={
        "unlinearised": DescriptionWords(
            remedy="Include it (`eliminate` does), raise the trap frequency (η_d² falls as 1/ω), or let photons of "
            "longer wavelength be emitted or emit across the motion."
        ),
        "linearised": DescriptionWords(
            remedy="Use the exact elements of e^{ikx} (`eliminate` does), raise the trap frequency, or turn the beams."
        ),
        "rotating_wave": DescriptionWords(
            remedy="Retune the lasers by the light shift Ω²/4|δ|, raise the trap frequency, or lower Ω."
        ),
        "eliminated": DescriptionWords(
            remedy="Lower the laser power or widen κ: the error falls as (g/κ)². Or trust the full model."
        ),
    },
    noise_remedies={
        Noise.HEATING: "Move the ion away from surfaces, cool them, or raise the laser power.",
        Noise.RECOIL: "Let photons of longer wavelength be emitted, or raise the trap frequency: each photon changes "
        "|n⟩ with probability (η_d²/3)(2n+1).",
    },
    remedies={
        "kerr_to_linewidth": "Raise the anharmonicity with a well that varies on a shorter length, or lower the "
        "linewidth of the transitions.",
        "kerr_to_gamma": "Lower the laser power: γ = 4g²/κ falls with it.",
        "heating_to_damping": "Move the ion away from surfaces, cool them, or raise γ.",
        "fall_above_target": f"Reduce the heating, raise γσ², or {_COOLING}.",
        "gamma_t_phi": "Hold fields and intensities steadier, or raise γ.",
        "coupling_to_gamma_visible": "Move the wells closer together, or lower the laser power.",
        "coupling_to_gamma_hybridised": "Move the wells apart, or raise the laser power.",
        "slow_leak": f"Reduce the heating, widen σ, or {_COOLING}.",
        "time_to_loss": f"Deepen the well, reduce the heating, or {_COOLING}.",
        "adiabaticity": "Lower the laser power or widen κ, or trust the full model.",
    },
    hints={
        "cooling": "write [cooling] with a broad red sideband",
        "pair": "write [pair] with a separation or a coupling",
    },
    observables="The motion emits no field to detect: use tomography of the motional states.",
)
