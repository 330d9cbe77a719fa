"""Every figure and numbered equation of Nadolny & Bruder 2023 as a function.

Nadolny, Bruder, "Macroscopic Quantum Synchronization Effects", Phys. Rev. Lett. 131, 190402 (2023), with its
supplement. ``figure_2c()`` and its like compute one figure and return an `xarray.Dataset`; `FIGURES` names them all for
the command line, `EQUATIONS` says which object of the toolkit is which numbered equation. The paper's numbers live here
and nowhere else. Everything is in units of γ₋, in Fig. 2 (as printed) partly of γ₋ + γ₊. The paper's asymmetry K is
α = E_2 − 2E_1 + E_0 here: K is the Kerr parameter of Lörch 2017, with α = −2K for a Kerr ladder.

What is integrated in time there is found directly here wherever there is something to find: unsynchronized states by
their stability, synchronized ones as phase-locked states. Integrated are Fig. 2 (a), all spectra, points where neither
is stable, and a coarse grid for comparison; every Dataset says how many, and by how much the two differ.

Where the paper leaves a choice, or needs care
----------------------------------------------
Pairs in (1)
    Counted once, (V/N) Σ_{i<j} (S⁺_i S⁻_j + h.c.): only then does (2) follow with V and not 2V, and (S7) with V_AB.
Initial states
    Printed as 1/3 + |1⟩⟨2|/10, which is not Hermitian; the Hermitian conjugate is added, in Fig. 2 (a) as well, where
    the coherence is (1 + 2i)/10.
Fig. 2 (a)
    Length of the run: 60/γ₋.
Fig. 2 (b, c)
    V runs over 0…1 in units of γ₋ + γ₊, in (c) γ₊/γ₋ over 1/10…10 on a logarithmic axis, on which everything is
    symmetric: exchanging |0⟩ and |2⟩ exchanges γ₊ and γ₋. "Coherences" in (b) are |ρ_01|, |ρ_12| and |ρ_02|.
Fig. 2 (d)
    γ₊/γ₋ of the panels: the supplement gives 1/2 for the second one; the first is 1, where the text speaks of two equal
    maxima. The supplement's "visible" first order is not the leading one there: at Ω = γ₋/10, γ₊ = γ₋/2 and α = 0 it
    has a maximum of 0.075 at −π/2, the steady state two of 0.022 at −π/2 ± 1.01. The drive is resonant with the
    transition 0 ↔ 1, not with the mean of both.
Fig. 3 (c), resolution
    255 × 255 is printed for (c), which is a curve; (d) must be meant. δ runs over ±2γ₋, V_AB over 0…2V, but without 0,
    where group B, which starts without amplitude, never gets any.
Locking in Figs. 3, S2, S3
    The paper's criterion is the argmax of spectra from a finite run. A stable phase-locked state is less:
    at V_AB = V/2 it is lost at δ = 0.359 γ₋ in a Hopf bifurcation, whereas the frequencies part at 0.379 γ₋; in between
    the groups breathe together. Only for V_AB < V/5 it is lost in a fold, as by two Adler oscillators. "Coupling larger
    than detuning" is δ < 0.742 V_AB for V_AB → 0.
Spectra
    The Hann window multiplies the last half of the samples; it does not "smooth". P_σ is given as the height of a tone
    of that amplitude, drawn as its square root. ⟨S⁺⟩ ∝ e^{iωt} is a peak at +ω, so that ω_A − ω_B → δ.
Figs. S2 and S3, columns
    No values are given. S2: columns 1 and 2 are "small", 3 to 5 have V_AB > V, and the second is that of S3, where
    V_AB = V: V_AB/V = 1/2, 1, 3/2, 2, 5/2. At V_AB = 2V one group is far stronger, as the text has it of the fourth.
    S3: that column has α = 0, and only 1, 4 and 5 have detunings without any synchronization. A group by itself
    synchronizes for −8.18 < α/γ₋ < 0.176, so that α falls from a positive value: α/γ₋ = 5, 0, −5, −10, −15.
Figs. S2 and S3, times
    Section 5 has 1000/γ₋ for S2 and says that S3 differs by having 1000/γ₋; 1000/γ₋ is used for both.
Fig. 3 and S3, where a spectrum has "a significant peak"
    Where both order parameters exceed 0.001.
Fig. 4
    δ and α run over ±25γ₋, which shows both blockades; points named in the text reach to α = −12γ₋, and S1 (d) has its
    lower blockade beyond α = −17.7γ₋. (b) shows the larger of the two order parameters. Black is where the
    unsynchronized state is stable.
Fig. 4, blockade at δ = 0
    For α < 0 it needs α < −16.45γ₋ at these couplings, where V_c = V + V_AB; for α > 0 it begins at 0.452γ₋.
    "Synchronization only if |δ| ≈ |α|" holds beyond that only.
Fig. 4 (c)
    "Below the resonances" the sign is that of the line that is near: positive at α = −δ, negative at α = δ, above and
    below α = 0. Where groups drift apart the value is that at the end of the run.
Fig. S1
    V_AB is not given: "as in Fig. 4", γ₋. First order in V_AB then has −0.59 < s < 0.59 on the resonances, although
    s ≥ −1/2π for every state, and the exact s is some twenty times smaller there; shapes and signs are what (a–d) show.
    At α = 0 c_1 vanishes and there is no most likely phase. Of the eight points of (a) two are in the text.
    "At the resonances φ_AB = ±π/2" is exact at δ² = K² + Γ², Γ = (γ₊ + γ₋)/2; the maximum is largest at δ² = K² − Γ².
Fig. S1 (d)
    The threshold is 5 × 10⁻² in the caption and 5 × 10⁻³ in the text. The caption is right: of all points that are
    white here or locked in Fig. 4 (a), 91 % are both (59 % with 5 × 10⁻³, which would put the lower blockade at
    α = −177γ₋).
Fig. S4
    γ₊, α, the coupling on the left and the initial state are not given. T = 30/γ₋ at N = 500, four times the uncoupled
    lifetime (7.4/γ₋), comes out for V = 0.75γ₋, γ₊ = γ₋/2, α = 0 and a start in the mean-field limit cycle. From
    the initial state of the other figures T = 2/γ₋ for every N.
Fig. S4, lifetimes
    The cumulants' T grow linearly with N but not in proportion, and their slope is a third of the true one: linear
    noise around the limit cycle, exact for N → ∞, gives dT/dN = 0.115/γ₋ at V = 0.75γ₋ instead of 0.044. For small N
    the closure gives negative probabilities, and lifetimes in the inset that fall with N.
"""

from qsb_hw.papers.nadolny2023.columns import figure_3abc, figure_s2, figure_s3
from qsb_hw.papers.nadolny2023.finite import figure_s4
from qsb_hw.papers.nadolny2023.microscopic import figure_s1a, figure_s1bcd
from qsb_hw.papers.nadolny2023.one_group import figure_2a, figure_2b, figure_2c, figure_2d
from qsb_hw.papers.nadolny2023.registry import EQUATIONS, FIGURES
from qsb_hw.papers.nadolny2023.spectra import locking_edge
from qsb_hw.papers.nadolny2023.two_groups import figure_3d, figure_4

__all__ = [
    "EQUATIONS",
    "FIGURES",
    "figure_2a",
    "figure_2b",
    "figure_2c",
    "figure_2d",
    "figure_3abc",
    "figure_3d",
    "figure_4",
    "figure_s1a",
    "figure_s1bcd",
    "figure_s2",
    "figure_s3",
    "figure_s4",
    "locking_edge",
]
