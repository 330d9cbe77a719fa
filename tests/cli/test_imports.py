"""What the command line loads before it knows what is wanted."""

import subprocess
import sys

HEAVY = ("scqubits", "qutip", "matplotlib", "scipy", "numpy", "pint", "xarray", "zarr", "distributed")


def loaded(commands, modules):
    """Which of some modules a few command lines load, one after the other in one process."""
    code = (
        f"import sys; from qsb_hw.cli.main import run; [run(line) for line in {commands!r}]; "
        f"print([m for m in {modules!r} if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stderr.splitlines()[-1]


def test_help_comes_without_heavy_imports():
    helps = [[verb, "--help"] for verb in ("check", "sweep", "design", "keys")]
    assert loaded([["--help"], *helps, ["--version"], ["--plot", "x"]], HEAVY) == "[]"


def test_listing_the_specs_loads_no_solver_and_no_circuit_package():
    assert loaded([["specs"], ["keys", "check"]], ("scqubits", "qutip", "matplotlib", "xarray")) == "[]"


def test_a_device_loads_its_own_platform_and_nothing_that_it_does_not_need():
    others = ("pint", "matplotlib", "qsb_hw.devices.ion_trap", "qsb_hw.explore.design.design", "scipy.optimize", "zarr")
    assert loaded([["effective", "transmon_squid", "--json"]], others) == "[]"


def test_the_module_runs_as_a_program():
    done = subprocess.run([sys.executable, "-m", "qsb_hw", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("qsb-hw ")


def test_a_reader_that_leaves_early_gets_no_traceback():
    command = [sys.executable, "-m", "qsb_hw", "specs", "--schema"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        message = process.stderr.read().decode()
        assert process.wait() == 141
    assert message == ""
