"""Runs every notebook in place, so that it ships with what its cells give: ``python docs/execute.py [NAME …]``.

A notebook is named by a part of its file's name; all of them are run unless some are named. Text of the console and
figures that pages of the documentation show are made by ``docs/record.py``.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import sys
from pathlib import Path
from typing import Any

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
KEY = "qsb_hw"
"""Where a notebook's metadata say which cells its outputs are from."""

LONGEST_TEXT = 200
"""Characters kept of the text of what has a table as well."""


def source_hash(notebook: Any) -> str:
    """SHA-256 of the sources of all code cells."""
    code = "\0".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    return hashlib.sha256(code.encode()).hexdigest()


def execute(path: Path) -> Any:
    """A notebook run from top to bottom, with its outputs and the hash of its sources."""
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    where = {"metadata": {"path": str(path.parent)}}
    NotebookClient(notebook, timeout=600, kernel_name="python3", resources=where, record_timing=False).execute()
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            if "text/html" in data and len(data.get("text/plain", "")) > LONGEST_TEXT:
                data["text/plain"] = data["text/plain"][:LONGEST_TEXT] + " …"  # what is shown is the table
    notebook.metadata[KEY] = {"source": source_hash(notebook)}
    notebook.metadata["language_info"] = {"name": "python"}
    return notebook


def main(names: list[str]) -> None:
    """Run and store the notebooks whose names hold one of `names`."""
    import nbformat

    if sys.platform == "win32":
        asyncio.set_event_loop_policy(asyncio.WindowsSelectorEventLoopPolicy())
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        if not names or any(name in path.stem for name in names):
            print(path.name, flush=True)  # noqa: T201
            nbformat.write(execute(path), path)


if __name__ == "__main__":
    main(sys.argv[1:])
