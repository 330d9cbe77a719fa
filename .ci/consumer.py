"""A user's script: `mypy --strict` accepts it against the installed package, and it runs."""

import qsb_hw as qh

device: qh.Device = qh.load_device("kerr_squid_array")
one: qh.EffectiveOscillator = qh.eliminate(device.oscillator(levels=5))
v: float = device.nearest_coupling
pair = qh.Network([one, one], coupling=[[0, v], [v, 0]])
detunings: list[float] = [resonance.detuning for resonance in qh.resonances(pair)]
measured: list[float] = [qh.steady_state(pair.detuned(0, delta)).synchronization(0, 1) for delta in (0.0, detunings[0])]
found: qh.Result = qh.steady_state(pair)
assert found.ok, found.message
assert measured[1] > 5 * measured[0]
print(f"S = {measured[0]:.3f} at equal frequencies, {measured[1]:.3f} at {qh.to_hertz(detunings[0]) / 1e6:.1f} MHz")
