"""What is released has one version, declares what it imports, and holds nothing of the machine it was made on."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from datetime import date
from pathlib import Path

import pytest
import yaml

import qsb_hw as qh
from qsb_hw.show.provenance import provenance

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
MADE = {"_build", "__pycache__", "api", "build", "dist"}

MODULES = {"PIL": "pillow", "distributed": "dask", "xdist": "pytest-xdist", "yaml": "pyyaml"}
"""Where a module is called otherwise than the distribution it comes from."""
ROOMS = {"qsb_hw": ("notebook", "dask", "pdf", "explore"), "tests": ("test", "dev", "docs"), "docs": ("docs",)}
"""Folders, and the extras that what is in them may import from."""

REFERENCES = {"type", "title", "authors", "journal", "volume", "start", "year", "doi"}
FIELDS = {
    "cff-version", "message", "type", "title", "version", "date-released", "license", "abstract", "keywords", "authors",
    "references",
}  # fmt: skip
"""Of the Citation File Format 1.2.0, those that are used; entities have a name, persons a family name."""


def files():
    """Text files of the repository, as git knows them, or all of them where there is no git."""
    found = []
    if (ROOT / ".git").exists() and shutil.which("git"):
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
        found = [ROOT / name for name in listed.decode().split("\0") if name]
    if not found:
        kept = ("qsb_hw", "device_specs", "docs", "tests", "notebooks", ".ci")
        found = [path for top in kept for path in (ROOT / top).rglob("*") if not MADE & set(path.parts)]
        found += list(ROOT.glob("*.*"))
    for path in found:
        if path.is_file() and path.suffix not in (".png", ".pyc"):
            yield path, path.read_text(encoding="utf-8")


def test_every_place_has_the_version_of_one_file(qsb_version):
    assert "version" not in PROJECT["project"]
    assert PROJECT["project"]["dynamic"] == ["version"]
    source = (ROOT / PROJECT["tool"]["hatch"]["version"]["path"]).read_text(encoding="utf-8")
    assert re.findall(r'^__version__ = "(.*)"$', source, re.M) == [qh.__version__]
    assert qsb_version == f"qsb-hw {qh.__version__}\n"
    assert provenance(["check"])["version"] == qh.__version__
    assert CITATION["version"] == qh.__version__


@pytest.fixture
def qsb_version(capsys):
    from qsb_hw.cli.main import run

    assert run(["--version"]) == 0
    return capsys.readouterr().out


def test_the_changelog_begins_with_the_version_and_its_date():
    heads = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.M)
    first = next(head for head in heads if head != "Unreleased")
    assert first == f"{qh.__version__} ({CITATION['date-released']})"


def test_the_citation_file_has_the_fields_of_its_format():
    assert CITATION["cff-version"] == "1.2.0"
    assert set(CITATION) == FIELDS
    assert CITATION["type"] == "software"
    assert CITATION["license"] == "BSD-3-Clause"
    assert isinstance(CITATION["date-released"], date)
    assert isinstance(CITATION["version"], str)
    assert len(set(CITATION["keywords"])) == len(CITATION["keywords"])
    assert all(set(author) == {"name"} for author in CITATION["authors"])
    for reference in CITATION["references"]:
        assert set(reference) == REFERENCES
        assert reference["type"] == "article"
        assert all(set(author) == {"family-names", "given-names"} for author in reference["authors"])
        assert re.fullmatch(r"10\.\d{4,9}/\S+", reference["doi"])
        assert reference["doi"].endswith(f".{reference['volume']}.{reference['start']}")  # as this journal makes them
        assert isinstance(reference["year"], int)


OF_THE_MACHINE = {"cupy", "cupyx"}
"""Modules whose distribution depends on the machine, here on its version of CUDA: no extra can name it."""


def imported(folder):
    """Top-level modules that the files of a folder import, each with one of the files."""
    found = {}
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            else:
                names = [node.module] if isinstance(node, ast.ImportFrom) and node.module and not node.level else []
            found |= {name.partition(".")[0]: path for name in names}
    return found


def declared(*extras):
    """Distributions that the package takes by itself and with extras, as they are written."""
    more = PROJECT["project"]["optional-dependencies"]
    wanted = PROJECT["project"]["dependencies"] + [one for extra in extras for one in more[extra]]
    return {re.match(r"[\w.-]+", one)[0].lower() for one in wanted}


@pytest.mark.parametrize(("room", "extras"), ROOMS.items(), ids=ROOMS)
def test_every_import_is_declared(room, extras):
    known, own = declared(*extras), {"qsb_hw", *(path.stem for path in (ROOT / room).rglob("*.py"))}
    if room == "tests":
        known |= declared(*ROOMS["qsb_hw"])
    missing = {
        module: str(path.relative_to(ROOT))
        for module, path in imported(ROOT / room).items()
        if module not in sys.stdlib_module_names | own | OF_THE_MACHINE
        and MODULES.get(module, module.replace("_", "-").lower()) not in known
    }
    assert not missing


def test_every_dependency_has_a_lower_bound_and_all_has_every_extra_of_a_user():
    extras = PROJECT["project"]["optional-dependencies"]
    written = PROJECT["project"]["dependencies"] + [one for extra in extras.values() for one in extra]
    assert not [one for one in written if ">=" not in one and not one.startswith("qsb-hw[")]
    assert extras["all"] == [f"qsb-hw[{','.join(ROOMS['qsb_hw'])}]"]
    assert set(extras) == {"all", *ROOMS["qsb_hw"], *ROOMS["tests"]}


def test_nothing_of_a_machine_or_a_registry_is_in_the_repository():
    hosts = ("pypi.", "pythonhosted.", "npmjs.", "debian.org", "anaconda.", "conda.io", "ghcr.io", "docker.io")
    places = r"(?<![\w.<{-])/(?:work|root|home|opt|Users|private|var/folders)/\w|(?<![\w.<{-])/tmp/(?!out\.toml\b)\w"
    foreign = re.compile("|".join(map(re.escape, hosts)) + "|" + places)
    locks = {
        "uv.lock",
        "poetry.lock",
        "pdm.lock",
        "Pipfile.lock",
        "requirements.txt",
        "package-lock.json",
        "conda-lock.yml",
    }
    looked_at = 0
    for path, text in files():
        looked_at += 1
        assert path.name not in locks
        if path != Path(__file__):
            assert not (found := foreign.search(text)), (path.relative_to(ROOT), found[0])
    assert looked_at > 300
