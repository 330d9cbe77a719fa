"""What the command line loads before it knows what is wanted."""

import subprocess
import sys

import pytest

HEAVY = ("scqubits", "qutip", "matplotlib", "scipy", "numpy", "pint", "xarray", "zarr", "distributed")


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["check", "--help"], ["sweep", "--help"], ["design", "--help"], ["--version"], ["--plot", "x"]],
)
def test_help_comes_without_heavy_imports(arguments):
    code = (
        "import sys; from qsb_hw.cli.main import run; "
        f"run({arguments!r}); print([m for m in {HEAVY!r} if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.splitlines()[-1] == "[]"


def test_listing_the_specs_loads_no_solver_and_no_circuit_package():
    code = (
        "import sys; from qsb_hw.cli.main import run; run(['specs']); "
        "print([m for m in ('scqubits', 'qutip', 'matplotlib') if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.splitlines()[-1] == "[]"


def test_the_module_runs_as_a_program():
    done = subprocess.run([sys.executable, "-m", "qsb_hw", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("qsb-hw ")


def test_a_reader_that_leaves_early_gets_no_traceback():
    code = "import sys; from qsb_hw.cli.main import run; sys.exit(run(['specs', '--schema']))"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        message = process.stderr.read().decode()
        assert process.wait() == 141
    assert message == ""
