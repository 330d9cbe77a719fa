"""Scripts of ``docs/`` as modules."""

import importlib.util
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def script():
    """Call with the name of a script of ``docs/``; gives its module."""

    def load(name):
        spec = importlib.util.spec_from_file_location(f"docs_{Path(name).stem}", ROOT / "docs" / f"{name}.py")
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
        return module

    return load
