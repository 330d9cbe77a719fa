"""Every figure and numbered equation of Lörch 2017 as a function.

Lörch, Nigg, Nunnenkamp, Tiwari, Bruder, "Quantum Synchronization Blockade", Phys. Rev. Lett. 118, 243602 (2017),
with its supplement. ``figure_2b()`` and its like compute one figure and return an `xarray.Dataset`; `FIGURES` names
them all for the command line, `EQUATIONS` says which object of the toolkit is which numbered equation. The paper's
numbers live here and nowhere else. Everything is in units of γ.

Where the paper leaves a choice, or needs care
----------------------------------------------
Dissipators (2)
    Its D[O] is 2OρO† − {O†O, ρ}, twice the usual one: only then do the rates agree with (S1). The rate of n−1 → n
    is γ n f₊(n), that of n → n−1 is γ n f₋(n).
Coupling (4)
    C is Hermitian, which the star on C_jk alone does not say.
Langevin (5)
    As printed the frequency term would carry α twice; here dα/dt = −(iΩ + Γ/2)α − i Σ C α + η. Half of γ_T n_T goes
    into each quadrature, ⟨η η*⟩ = γ_T n_T δ(t − t′). The Lorentzian damping dies out with growing amplitude while the
    noise stays, so no stationary state exists; the quasi-stationary one around the limit cycle is meant and computed.
Phase states, above (6)
    Normalised by 1/√2π and not 1/2π: P(φ) then integrates to one and S vanishes for a flat distribution.
n̄
    The amplitude at which an oscillator is stabilised is its n₊, with n₋ = n₊ + 1 throughout; it need not be an
    integer in Figs. 3 (b, c).
Resonances (7)
    With Δ = ω_j − ω_k and the energies above it, they lie at Δ − 2KΔn ± 2K = 0; the printed +2KΔn belongs to a Kerr
    shift of the other sign (or to ω_k − ω_j). (S1) has the sign of Eq. (1). Solutions and `resonance_detunings` follow
    Eq. (1), so that Fig. 3 (c) rises to the right.
First order (S2)
    Has the wrong sign as printed: ρ⁽¹⁾ = −L₀⁻¹L₁ρ⁽⁰⁾ gives +iC(…)/λ. S (S3) is the same; the phase turns by π.
Fig. 2
    Both panels are drawn as S/V with V in units of γ. Δ runs over ±4K and ±3K, which the paper does not say.
Fig. 3
    Its caption refers to Eq. (2) for S; Eq. (6) is meant. Cuts "scaled by σ" are σS: that brings the four to a common
    height, S/σ would spread them seventeenfold. Where K = γ/σ the detuning is given in units of K. The oscillators sit
    at n₊ = 4, where the decay of |3⟩ and |5⟩ gives lines a half-width of 4.5γ while K = 5γ at σ = 0.2: the two lines
    overlap and the maxima lie at ±1.66K; they reach ±1.93K at σ = 0.1 and merge at Δ = 0 near σ = 0.4. In Fig. 2
    (n₊ = 2, K = 10γ) they are at ±1.98K for the weakest coupling. Weak narrow lines at ±4K are left out of Figs. 2 (b)
    and 3 (a). The maxima of (b) at n̄2 = n̄1 ± 1 are pairs, 0.2 to either side.
Figs. 4 and 5
    σ is not given: 0.2, as everywhere else. Ranges of V are not given either. Δ of the oscillator C of Fig. 4 is
    ω_C − ω_A, Δ in Fig. 5 is ω_A − ω_B.
Fig. 4 (c, d)
    The direct link suppresses where V2 is negative, and V2 > 0 enhances, whatever the sign of V1 (see `figure_4cd`).
    Both signs of V2 and of Δ are returned. Complex conjugation turns (Δ, K, V1, V2) into (−Δ, −K, V1, −V2): with a
    Kerr shift of the other sign the strip of Δ = 2K would lie close to V2 = +V1. That sign also makes Eq. (7) right as
    printed; (S1) and the caption of Fig. 7 (a) have the sign of Eq. (1).
Note [41]
    The dissipators (2) drop the coherence a bath leaves between neighbouring transitions. The blockade survives it
    (`figure_note41`): at K = 10γ, σ = 0.2 S(0) is 4.4 % higher with it and S(2K) 3.2 % lower. The error of S(2K) is
    1.4σγ/K; that of S(0), 2.1(σ² − 3σγ/4K), does not vanish with growing K but only with σ, and it is a bump as narrow
    as γ on the floor of the valley.
Levels
    Lorentzian tails fall as 1/n², S converges as 1/N in the number of levels N. Every Dataset says how many were kept
    and by how much S would still change: `truncation_error`, where S is largest, is `remaining_change` of
    `qsb_hw.sync.truncation` (ladders of three levels, as in Figs. 4 (c, d) and 5, are compared with longer ones). The
    exception is K = Δ = 0 in Fig. 3 (d): harmonic oscillators exchange quanta all the way up, faster than the dying
    dissipation brings them back, the tail falls only as 1/n and S grows with N (0.22 for 12 levels, 0.40 for 24).
    Without truncation there would be no steady state.
"""

from qsb_hw.papers.loerch2017.ladders import figure_1a, figure_6
from qsb_hw.papers.loerch2017.maps import figure_3a, figure_3b, figure_3c, figure_3d, resonance_detunings
from qsb_hw.papers.loerch2017.networks import figure_4ab, figure_4cd, figure_5, first_harmonic
from qsb_hw.papers.loerch2017.pairs import figure_2a, figure_2b, figure_7b
from qsb_hw.papers.loerch2017.registry import EQUATIONS, FIGURES
from qsb_hw.papers.loerch2017.secular import figure_note41

__all__ = [
    "EQUATIONS",
    "FIGURES",
    "figure_1a",
    "figure_2a",
    "figure_2b",
    "figure_3a",
    "figure_3b",
    "figure_3c",
    "figure_3d",
    "figure_4ab",
    "figure_4cd",
    "figure_5",
    "figure_6",
    "figure_7b",
    "figure_note41",
    "first_harmonic",
    "resonance_detunings",
]
