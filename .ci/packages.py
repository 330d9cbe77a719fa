"""Builds the packages, and uses the wheel as somebody would who has nothing else: without extras, then with all.

Every environment is made in a folder that is removed afterwards, and nothing is run in the repository, so that only
what is inside the wheel is found.
"""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.request
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OTHERS = ("3.11", "3.12", "3.13")
"""Versions of Python that are meant to work; those that are installed are tried."""
CELLS = """
import sys
import nbformat
from nbclient import NotebookClient
cells = ["import qsb_hw as qh", "qh.load_device('kerr_squid_array')"]
notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
NotebookClient(notebook, kernel_name="python3").execute()
assert "text/html" in notebook.cells[1].outputs[0].data, notebook.cells[1].outputs
"""


def run(*command: object, cwd: Path, status: int = 0) -> str:
    """Output of a command, which must end with that status."""
    done = subprocess.run(
        [str(word) for word in command], cwd=cwd, capture_output=True, text=True, encoding="utf-8", check=False
    )
    if done.returncode != status:
        sys.exit(f"$ {' '.join(map(str, command))}\n{done.stdout}{done.stderr}ended with {done.returncode}")
    return done.stdout + done.stderr


def build(folder: Path) -> tuple[Path, Path]:
    """The sdist, and the wheel that is built from it, in a folder."""
    run(sys.executable, "-m", "build", "--outdir", folder, ROOT, cwd=folder)
    (sdist,), (wheel,) = folder.glob("*.tar.gz"), folder.glob("*.whl")
    return sdist, wheel


def check_contents(sdist: Path, wheel: Path) -> None:
    """The sdist has every file of the repository, the wheel every file of the package and every device file."""
    tracked = set(run("git", "ls-files", cwd=ROOT).splitlines()) - {".gitignore"}
    with tarfile.open(sdist) as archive:
        inside = {name.partition("/")[2] for name in archive.getnames()}
    assert tracked <= inside, f"missing in the sdist: {sorted(tracked - inside)}"
    needed = {f for f in tracked if f.startswith("qsb_hw/")}
    needed |= {f"qsb_hw/{f}" for f in tracked if f.startswith("device_specs/")}
    with zipfile.ZipFile(wheel) as opened:
        names = set(opened.namelist())
    assert needed <= names, f"missing in the wheel: {sorted(needed - names)}"
    more = {name for name in names - needed if ".dist-info/" not in name}
    assert not more, f"not meant for the wheel: {sorted(more)}"
    for kind in (".html", ".js", ".css", ".j2", ".pyi", "py.typed"):
        assert any(name.endswith(kind) for name in names), kind


class Environment:
    """A fresh virtual environment that the wheel is installed into, with an empty folder to work in."""

    def __init__(self, folder: Path, python: str, wheel: Path) -> None:
        self.home, self.wheel = folder, wheel
        folder.mkdir()
        run(python, "-m", "venv", folder / "venv", cwd=folder)
        self.bin = folder / "venv" / ("Scripts" if os.name == "nt" else "bin")
        self.python = self.bin / "python"
        self.install(wheel)

    def install(self, what: object) -> None:
        """Install it; what is not imported is not compiled either, which takes as long as all the rest."""
        run(self.python, "-m", "pip", "install", "--quiet", "--no-compile", what, cwd=self.home)

    def __call__(self, *command: object, status: int = 0) -> str:
        """Output of a command of the environment."""
        name, *arguments = command
        return run(self.bin / str(name), *arguments, cwd=self.home, status=status)


def check_bare(bare: Environment, version: str) -> None:
    """Without extras: the command, the import from elsewhere, a verdict."""
    assert bare("qsb-hw", "--version").strip() == f"qsb-hw {version}"
    where = bare("python", "-c", "import qsb_hw; print(qsb_hw.__version__, qsb_hw.__file__)")
    assert where.startswith(f"{version} {bare.home}"), where
    says = "from importlib.metadata import version; print(version('qsb-hw'))"
    assert bare("python", "-c", says).strip() == version
    assert "BORDERLINE" in bare("qsb-hw", "check", "kerr_squid_array", "--brief")


def check_without_extras(bare: Environment) -> None:
    """What takes an extra says which one, and a user's script passes the strict type checker."""
    told = {
        "explore": bare("qsb-hw", "explore", "kerr_squid_array", "--no-browser", status=2),
        "pdf": bare("qsb-hw", "report", "photon_pressure", "--only", "verdict", "-o", "report.pdf", status=2),
        "dask": bare("qsb-hw", "sweep", "kerr_squid_array", "--vary", "$.target.fock_state=1,2", "--measure", "gamma",
                     "--out", "map.zarr", "--executor", "dask", status=2),
    }  # fmt: skip
    for extra, message in told.items():
        assert f"qsb-hw[{extra}]" in " ".join(message.split()), message
    script = shutil.copy(ROOT / ".ci" / "consumer.py", bare.home)
    print(bare("python", script).strip())
    run(sys.executable, "-m", "mypy", "--strict", "--python-executable", bare.python, script, cwd=bare.home)


def check_with_extras(full: Environment) -> None:
    """With all extras: a report as PDF, a page that answers, a notebook."""
    full.install(f"{full.wheel}[all]")
    full("qsb-hw", "report", "kerr_squid_array", "--brief", "-o", "report.pdf")
    assert (full.home / "report.pdf").read_bytes().startswith(b"%PDF-")
    full("python", "-c", CELLS)
    full("jupyter-lab", "--version")
    command = [full.bin / "qsb-hw", "explore", "kerr_squid_array", "--no-browser"]
    with subprocess.Popen(
        command, cwd=full.home, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8"
    ) as server:
        try:
            assert server.stdout is not None
            address = next(filter(None, (re.search(r"http://\S+", line) for line in server.stdout)))[0]
            with urllib.request.urlopen(address, timeout=60) as answer:
                assert answer.status == 200
                assert "<html" in answer.read().decode()
        finally:
            server.terminate()


def interpreter(version: str) -> str | None:
    """A Python of that version: this one, one on the path, or one of pyenv."""
    if version == f"{sys.version_info.major}.{sys.version_info.minor}":
        return sys.executable
    named = [f"python{version}"]
    if shutil.which("pyenv"):
        home = subprocess.run(["pyenv", "prefix", version], capture_output=True, text=True, check=False)
        named.append(str(Path(home.stdout.strip()) / "bin" / f"python{version}"))
    for name in named:
        if shutil.which(name) and not subprocess.run([name, "--version"], capture_output=True, check=False).returncode:
            return name
    return None


def main() -> None:
    """Build, look inside, install and use."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made).resolve()
        (folder / "dist").mkdir()
        sdist, wheel = build(folder / "dist")
        version = wheel.name.split("-")[1]
        check_contents(sdist, wheel)
        print(f"built and complete: {sdist.name}, {wheel.name} ({wheel.stat().st_size / 1e6:.1f} MB)", flush=True)
        for other in OTHERS:
            began, python = time.monotonic(), interpreter(other)
            if python is None:
                print(f"Python {other}: not installed, not tried", flush=True)
                continue
            bare = Environment(folder / other, python, wheel)
            check_bare(bare, version)
            if python == sys.executable:
                check_without_extras(bare)
                check_with_extras(bare)
            shutil.rmtree(bare.home)
            print(f"Python {other}: works, {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
