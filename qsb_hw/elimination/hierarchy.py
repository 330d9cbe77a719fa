"""The ladder of models: from everything a platform knows to the printed closed forms, one piece of physics a step.

Every description is built from the device's own oscillator and from no other description: the full ones from its operators, the
eliminated ones from its baths' correlation spectra, the closed forms from its tones. What they share can therefore be
held against each other.

| description          | cavities                                                    | ions                              |
|---------------|-------------------------------------------------------------|-----------------------------------|
| circuit       | real levels pushed by g0 n_c X, cubic term, cavity Kerr     | e^{ikx}, carriers, recoil         |
| linear_cavity | without −K_c c†²c²                                          | skipped: there is no cavity       |
| unlinearised  | without g0 n_c X (taken to be compensated)                  | without recoil                    |
| linearised    | without g0 c†c X                                            | 1 + ikx in place of e^{ikx}       |
| rotating_wave | without the terms that do not conserve a†a + c†c − b†b      | likewise: carriers go             |
| kerr          | on the Kerr ladder that touches the real one at n0          | likewise                          |
| eliminated    | no baths; jumps that keep coherences between transitions    | likewise                          |
| secular       | a dissipator of its own for every transition (Eq. 2)        | likewise                          |
| lorentzian    | without the baths' level shifts: γ, σ, n± of Eq. (3) alone  | likewise                          |
| published     | σ = κ/8K and n± as printed                                  | likewise                          |

Equations are those of Lörch et al., PRL 118, 243602 (2017). Left out on every description are time-dependent cross terms: each
pump fills its own cavity only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from qsb_hw.elimination import variants
from qsb_hw.elimination.conventions import Convention, closed_forms
from qsb_hw.elimination.eliminate import closed_form, eliminate
from qsb_hw.errors import ArgumentError, require
from qsb_hw.model.effective import EffectiveOscillator
from qsb_hw.model.oscillator import SelfOscillator

Built = SelfOscillator | EffectiveOscillator

FIRST_WITHOUT_COUNTER_ROTATING = "rotating_wave"


@dataclass(frozen=True, slots=True, eq=False)
class Description:
    """One model of a device.

    Attributes
    ----------
    name : str
        One of `HIERARCHY`.
    meaning : str
        What is in it, for this platform.
    neglected : str
        The physics it has lost against the description above, for this platform.
    remedy : str
        What to do where that costs too much.
    rwa : bool
        Whether counter-rotating terms are dropped.
    oscillator : SelfOscillator, EffectiveOscillator or None
        The model: baths kept, or eliminated; None where the description is skipped.
    skipped : str
        Why there is none, "" otherwise.
    failed : bool
        Whether it was tried and could not be built.
    """

    name: str
    meaning: str
    neglected: str
    remedy: str
    rwa: bool
    oscillator: Built | None
    skipped: str = ""
    failed: bool = False

    def shortened(self, levels: int, bath_levels: int | None = None) -> Built:
        """Its model on fewer levels, and with fewer Fock states of each cavity if asked."""
        require(
            self.oscillator is not None,
            f"Description {self.name!r} must be built",
            self.skipped,
            "Ask for another description.",
        )
        if isinstance(self.oscillator, EffectiveOscillator):
            return self.oscillator.truncated(min(levels, self.oscillator.levels))
        assert self.oscillator is not None
        return variants.shortened(self.oscillator, levels, bath_levels)

    @property
    def keeps_baths(self) -> bool:
        """Whether the auxiliary modes are still there."""
        return isinstance(self.oscillator, SelfOscillator)


@dataclass(frozen=True, slots=True)
class _Words:
    """What a description is called on one kind of platform."""

    meaning: str
    neglected: str
    remedy: str


@dataclass(frozen=True, slots=True)
class _Definition:
    build: Callable[[SelfOscillator], Built]
    cavities: _Words
    ions: _Words
    missing: Callable[[SelfOscillator], str]


def build_description(oscillator: SelfOscillator, name: str) -> Description:
    """One description of an oscillator's ladder of models.

    Parameters
    ----------
    oscillator : SelfOscillator
        As the device gives it, with all its levels.
    name : str
        One of `HIERARCHY`.

    Raises
    ------
    ArgumentError
        A name that is none, an oscillator without a level it is stabilised to, or without the levels next to it. A description
        that cannot be built of this oscillator is skipped, with the reason.
    """
    require(name in _DEFINITIONS, f"A description must be one of {', '.join(HIERARCHY)}", repr(name), _nearest(name))
    check_ladder(oscillator)
    definition = _DEFINITIONS[name]
    words = _words(oscillator, name)
    built, skipped, failed = _built(definition, oscillator)
    rotating = HIERARCHY.index(name) >= HIERARCHY.index(FIRST_WITHOUT_COUNTER_ROTATING)
    return Description(name, words.meaning, words.neglected, words.remedy, rotating, built, skipped, failed)


def _built(definition: _Definition, oscillator: SelfOscillator) -> tuple[Built | None, str, bool]:
    if missing := definition.missing(oscillator):
        return None, missing, False
    try:
        return definition.build(oscillator), "", False
    except ArgumentError as error:
        return None, str(error), True


def check_descriptions(names: Sequence[str]) -> tuple[str, ...]:
    """The names in the order of the ladder; `ArgumentError` for one that is none, or for fewer than two."""
    for name in names:
        require(
            name in _DEFINITIONS, f"A description must be one of {', '.join(HIERARCHY)}", repr(name), _nearest(name)
        )
    chosen = tuple(name for name in HIERARCHY if name in set(names))
    require(
        len(chosen) >= 2, "A ladder of models must have at least two descriptions", f"{len(chosen)}", "Name one more."
    )
    return chosen


def neglected_between(oscillator: SelfOscillator, above: str, below: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What is lost from one description down to another, piece by piece, and the remedy for each."""
    between = HIERARCHY[HIERARCHY.index(above) + 1 : HIERARCHY.index(below) + 1]
    passed = [_words(oscillator, name) for name in between if not _DEFINITIONS[name].missing(oscillator)]
    return tuple(w.neglected for w in passed), tuple(w.remedy for w in passed)


def check_ladder(oscillator: SelfOscillator) -> int:
    """n0 of an oscillator whose ladder holds it and both its neighbours; `ArgumentError` for any other."""
    target = oscillator.target_level
    if target is None:
        raise ArgumentError(
            "An oscillator must be stabilised to a level to have a ladder of models, but found no amplifying tone. "
            "Give it a bath with a blue one."
        )
    require(
        oscillator.levels >= target + 2,
        f"The ladder must hold n0 = {target} and both its neighbours, {target + 2} levels",
        f"{oscillator.levels} levels",
        "Keep more levels.",
    )
    return target


def _words(oscillator: SelfOscillator, name: str) -> _Words:
    definition = _DEFINITIONS[name]
    return definition.ions if _is_ion(oscillator) else definition.cavities


def _is_ion(oscillator: SelfOscillator) -> bool:
    return any(variants.drives_light(bath) for bath in oscillator.baths)


def _nearest(name: str) -> str:
    import difflib

    near = difflib.get_close_matches(str(name).replace("-", "_"), HIERARCHY, n=1, cutoff=0.0)
    return f"Did you mean {near[0]!r}?"


def _everything(oscillator: SelfOscillator) -> SelfOscillator:
    """Real levels under the pumps' force, cubic terms, cavity Kerr; an ion as it is."""
    if _is_ion(oscillator):
        return oscillator
    return variants.with_cavity_kerr(_linear_cavities(oscillator))


def _linear_cavities(oscillator: SelfOscillator) -> SelfOscillator:
    return variants.under_static_force(variants.with_cubic_terms(oscillator))


def _unlinearised(oscillator: SelfOscillator) -> SelfOscillator:
    return variants.without_recoil(oscillator) if _is_ion(oscillator) else variants.with_cubic_terms(oscillator)


def _linearised(oscillator: SelfOscillator) -> SelfOscillator:
    return variants.lamb_dicke(variants.without_recoil(oscillator)) if _is_ion(oscillator) else oscillator


def _kerr(oscillator: SelfOscillator) -> SelfOscillator:
    return variants.on_kerr_ladder(variants.without_recoil(oscillator))


def _nothing_above_the_next(oscillator: SelfOscillator) -> str:
    if _is_ion(oscillator):
        recoil = any(kick for bath in oscillator.baths for kick in bath.recoil)
        return "" if recoil else "no recoil is given: the ladder begins at 'unlinearised'"
    if any(variants.cavity_kerr(bath) for bath in oscillator.baths):
        return ""
    return "no cavity Kerr K_c is known: give each cavity's circuit, or its kerr and single_photon_coupling"


def _no_force_known(oscillator: SelfOscillator) -> str:
    if _is_ion(oscillator):
        return "an ion has no cavity: its internal levels hold one quantum each"
    return _no_single_photon_coupling(oscillator)


def _no_single_photon_coupling(oscillator: SelfOscillator) -> str:
    if _is_ion(oscillator) or any(bath.photons is not None for bath in oscillator.baths):
        return ""
    return "no g0 is known: give each cavity's circuit, or its single_photon_coupling"


def _nothing_missing(oscillator: SelfOscillator) -> str:
    del oscillator
    return ""


def _no_closed_form(oscillator: SelfOscillator) -> str:
    if all(closed_forms(oscillator, Convention.DERIVED)):
        return ""
    return "γ, σ, n± need one tone per side and K > 0 at n0"


_TOP = "nothing: this is the top of the ladder"
_CIRCUIT = _Words("real levels pushed by the pumps, cubic coupling g0 c†c X, cavity Kerr", _TOP, "")
_ION = _Words("exact e^{ikx} with carriers, recoil of emitted photons", _TOP, "")
_LINEAR = _Words(
    "the same with linear cavities",
    "the cavities' Kerr −K_c c†²c²",
    "Retune each pump by −4K_c n_c, or lower the SQUID's participation or n_c.",
)
_UNLINEARISED = _Words(
    "cubic coupling g0 c†c X, static force compensated",
    "the static force g0 n_c X of the pumps",
    "Tune the pumps to cavities and transitions as they are with both pumps on; ⟨X⟩ pulls a cavity by 2Σg²/ω.",
)
_LINEARISED = _Words(
    "linear coupling g X(c + c†), all terms",
    "the cubic coupling g0 c†c X",
    "Lower g0 (mutual inductance, flux bias) and pump harder to the same g.",
)
_ROTATING = _Words(
    "resonant terms only",
    "the counter-rotating terms",
    "Keep them (`compare --no-rwa`), raise ω/κ, or make both tones equally strong.",
)
_KERR = _Words(
    "Kerr ladder that touches the real one at n0",
    "the real ladder: level-dependent K and matrix elements",
    "Use the per-transition rates of the real ladder: the eliminated model of `check` does.",
)
_ELIMINATED = _Words(
    "baths eliminated, coherences between transitions kept",
    "the baths' own dynamics",
    "Pump less or widen κ: the error falls as (g/κ)². Or trust the full model.",
)
_SECULAR = _Words(
    "one dissipator per transition (Eq. 2)",
    "coherences between neighbouring transitions",
    "Keep them (`eliminate(…, secular=False)`), or lower σ = κ/4K.",
)
_LORENTZIAN = _Words(
    "γ, σ, n± alone (Eqs. 2–3)",
    "the baths' level shifts",
    "Set Δ to the shifted resonance, or lower g.",
)
_PUBLISHED = _Words(
    "σ and n± as printed",
    "the derived σ and n±, for the printed ones",
    "Do not use the printed σ = κ/8K, n± = ±(δ± − ω0)/2K: the full model does not support them.",
)

_EXACT_LIGHT = _Words(
    "exact e^{ikx} with carriers, no recoil",
    "the recoil of emitted photons",
    "Count it (`eliminate` does), stiffen the well (η_d² falls as 1/ω), or emit longer waves or across the motion.",
)
_LINEAR_LIGHT = _Words(
    "1 + ikx with carriers",
    "all but the first order of e^{ikx}",
    "Count the exact elements of e^{ikx} (`eliminate` does), stiffen the well, or turn the beams.",
)
_SIDEBANDS = _Words(
    "resonant sidebands only",
    "carriers and counter-rotating sidebands",
    "Retune the lasers by the light shift Ω²/4|δ|, raise the trap frequency, or lower Ω.",
)


def _with_coherences(oscillator: SelfOscillator) -> EffectiveOscillator:
    return eliminate(_kerr(oscillator), rwa=True, secular=False)


def _secular(oscillator: SelfOscillator) -> EffectiveOscillator:
    return eliminate(_kerr(oscillator), rwa=True)


def _lorentzian(oscillator: SelfOscillator) -> EffectiveOscillator:
    return closed_form(_kerr(oscillator))


def _published(oscillator: SelfOscillator) -> EffectiveOscillator:
    return closed_form(_kerr(oscillator), Convention.PUBLISHED)


_DEFINITIONS: dict[str, _Definition] = {
    "circuit": _Definition(_everything, _CIRCUIT, _ION, _nothing_above_the_next),
    "linear_cavity": _Definition(_linear_cavities, _LINEAR, _LINEAR, _no_force_known),
    "unlinearised": _Definition(_unlinearised, _UNLINEARISED, _EXACT_LIGHT, _no_single_photon_coupling),
    "linearised": _Definition(_linearised, _LINEARISED, _LINEAR_LIGHT, _nothing_missing),
    "rotating_wave": _Definition(_linearised, _ROTATING, _SIDEBANDS, _nothing_missing),
    "kerr": _Definition(_kerr, _KERR, _KERR, _nothing_missing),
    "eliminated": _Definition(_with_coherences, _ELIMINATED, _ELIMINATED, _nothing_missing),
    "secular": _Definition(_secular, _SECULAR, _SECULAR, _nothing_missing),
    "lorentzian": _Definition(_lorentzian, _LORENTZIAN, _LORENTZIAN, _no_closed_form),
    "published": _Definition(_published, _PUBLISHED, _PUBLISHED, _no_closed_form),
}
HIERARCHY: tuple[str, ...] = tuple(_DEFINITIONS)
"""Names of all descriptions, from everything the platform knows down to the printed closed forms."""
