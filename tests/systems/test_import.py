"""What `import qsb_hw` must not drag in."""

import json
import subprocess
import sys

HEAVY = ("scipy", "qutip", "scqubits", "matplotlib", "pint", "pydantic", "typer", "rich", "numpy")


def modules_after(code):
    program = f"import sys, json\n{code}\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return {name.split(".")[0] for name in json.loads(done.stdout)}


def test_importing_the_package_imports_nothing_heavy():
    assert not modules_after("import qsb_hw") & set(HEAVY)


def test_solving_a_model_needs_neither_qutip_nor_scqubits_nor_matplotlib():
    code = (
        "import qsb_hw as qh\n"
        "o = qh.EffectiveOscillator.lorentzian(kerr=10, gamma=1, sigma=0.2, n_plus=1, n_minus=2, levels=3)\n"
        "qh.steady_state(qh.Network([o, o], [[0, 0.1], [0.1, 0]])).synchronization(0, 1)"
    )
    assert not modules_after(code) & {"qutip", "scqubits", "matplotlib", "pydantic", "typer", "rich"}


def test_pictures_are_reached_without_an_import_of_their_own_and_without_matplotlib():
    assert "matplotlib" not in modules_after("import qsb_hw as qh\nqh.plot.plot_levels")


def test_every_public_name_exists_and_documents_itself():
    import qsb_hw

    for name in qsb_hw.__all__:
        assert getattr(qsb_hw, name).__doc__, name
