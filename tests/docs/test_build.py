"""The documentation builds without a warning, opens from disk, and has no dead link inside."""

import inspect
import os
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import qsb_hw as qh

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(
    "QSB_HW_DOCS" not in os.environ, reason="needs the extra docs: QSB_HW_DOCS=FOLDER builds there, as .ci/run does"
)
FETCHED = {("script", "src"), ("img", "src"), ("link", "href"), ("iframe", "src"), ("source", "src")}
"""What a browser fetches to show a page."""


class Page(HTMLParser):
    """Anchors of a page, where it leads, what it fetches, and its headings."""

    def __init__(self, path):
        super().__init__()
        self.anchors, self.links, self.fetched, self.untitled = {""}, [], [], 0
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.anchors |= {given.get("id"), given.get("name")}
        self.untitled += tag == "img" and not given.get("alt")
        for name, value in attrs:
            if (tag, name) in FETCHED:
                self.fetched.append(value)
            elif name == "href":
                self.links.append(value)


@pytest.fixture(scope="module")
def pages():
    """Built pages by path."""
    from sphinx.cmd.build import build_main

    folder = Path(os.environ["QSB_HW_DOCS"]).resolve()
    assert build_main(["-n", "-W", "--keep-going", "-q", "-b", "html", str(ROOT / "docs"), str(folder)]) == 0
    return {path: Page(path) for path in folder.rglob("*.html")}


@pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::PendingDeprecationWarning", "ignore::ResourceWarning"
)
def test_pages_open_from_disk_and_lead_somewhere(pages):
    assert len(pages) > 40
    for path, page in pages.items():
        for target in (*page.links, *page.fetched):
            parts = urlsplit(target)
            if parts.scheme in ("http", "https"):
                assert target not in page.fetched, (path, target)
            elif parts.scheme != "data":
                there = (path.parent / unquote(parts.path)).resolve() if parts.path else path
                assert there.exists(), (path, target)
                if there in pages and parts.fragment:
                    assert unquote(parts.fragment) in pages[there].anchors, (path, target)


@pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::PendingDeprecationWarning", "ignore::ResourceWarning"
)
def test_every_public_name_and_every_picture_is_described(pages):
    described = {anchor for page in pages.values() for anchor in page.anchors if anchor}
    modules = {name for name in qh.__all__ if inspect.ismodule(getattr(qh, name))}
    assert {f"qsb_hw.{name}" for name in {*qh.__all__} - modules} <= described
    assert {f"module-qsb_hw.{name}" for name in modules} <= described
    assert {f"qsb_hw.plot.{name}" for name in qh.plot.__all__} <= described
    written = {path: page for path, page in pages.items() if "notebooks" not in path.parts}
    assert not {path for path, page in written.items() if page.untitled}
