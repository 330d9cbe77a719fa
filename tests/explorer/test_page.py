"""The page in a browser: every control, undo, links, A and B, saving, the keyboard alone, and what it looks like."""

import re
from itertools import pairwise
from urllib.parse import urlencode

import pytest

from qsb_hw.explore.sweep.subject import subject_of
from qsb_hw.explorer.saving import Place

pytestmark = pytest.mark.browser

SECONDS = 60_000
LINEWIDTH, COUPLING = "$.damping.linewidth", "$.pair.coupling"
CONTRAST = """() => {
  const luminance = (c) => {
    const [r, g, b] = c.map((v) => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const colour = (text) => (text.match(/[\\d.]+/g) ?? []).map(Number);
  const behind = (e) => {
    for (; e; e = e.parentElement) {
      const c = colour(getComputedStyle(e).backgroundColor);
      if (c.length === 3 || c[3] > 0) return c.slice(0, 3);
    }
    return matchMedia("(prefers-color-scheme: dark)").matches ? [0, 0, 0] : [255, 255, 255];
  };
  const found = [];
  for (const e of document.querySelectorAll("body *")) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || !e.checkVisibility() || e.matches(":disabled, option, script, noscript")) continue;
    const style = getComputedStyle(e);
    const front = colour(e instanceof SVGElement ? style.fill : style.color).slice(0, 3);
    const [a, b] = [luminance(front), luminance(behind(e))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) found.push([e.tagName, e.className, e.textContent.trim().slice(0, 30), ratio.toFixed(2)]);
  }
  return found;
}"""


LINES = """() => {
  const luminance = (text) => {
    const [r, g, b] = text.match(/[\\d.]+/g).map((v) => {
      v /= 255;
      return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const back = luminance(getComputedStyle(document.querySelector("#curve svg")).backgroundColor);
  const found = [...document.querySelectorAll("figure > svg :is(.now, .a, .resonance, .axis, .now-fill, .a-fill)")];
  return found.map((e) => {
    const style = getComputedStyle(e);
    const own = luminance(style.stroke === "none" ? style.fill : style.stroke);
    return (Math.max(own, back) + 0.05) / (Math.min(own, back) + 0.05);
  });
}"""


HEADINGS = """
[...document.querySelectorAll("h1, h2, h3")].filter((h) => h.checkVisibility()).map((h) => +h.tagName[1])
"""


@pytest.fixture(scope="module")
def expect():
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    sync_api.expect.set_options(timeout=SECONDS)
    return sync_api.expect


@pytest.fixture
def page_of(browser, expect):
    """Opens a page, and afterwards asks that nothing was complained about and nothing foreign asked for."""
    contexts, complaints, asked = [], [], []

    def opened(served, fragment="", *, width=1280, scheme="light", full=False, quiet=False):
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        if not quiet:
            page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: asked.append((request.url, served.address)))
        if not full:  # what is looked at here does not wait for it
            page.route("**/api/full", lambda route: route.fulfill(json={"superseded": True}))
        page.goto(f"{served.address}{fragment}")
        expect(page.locator("#card-eliminated .when")).to_contain_text("at this setting")
        page.evaluate("document.querySelectorAll('details.group').forEach((d) => { d.open = true; })")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not complaints
    assert all(url.startswith((address, "data:", "blob:")) for url, address in asked)


def box(page, path):
    return page.locator(f'.control[data-path="{path}"]')


def field(page, path):
    return box(page, path).locator('input[type="text"]')


def slider(page, path):
    return box(page, path).locator('input[type="range"]')


def write(page, path, text):
    field(page, path).fill(text)
    field(page, path).press("Enter")
    field(page, path).blur()


def margin(page, key="kerr_to_linewidth"):
    return page.locator(f'tr[data-key="{key}"] td').nth(1)


def nameless(page):
    """Roles of what the browser tells to a screen reader without a name, though it must have one."""
    tree = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    said = [(n["role"]["value"], n.get("name", {}).get("value", "")) for n in tree if not n["ignored"]]
    need = {"button", "slider", "textbox", "searchbox", "combobox", "checkbox", "link", "image", "region", "heading",
            "table", "columnheader", "rowheader", "dialog"}  # fmt: skip
    assert {"slider", "image", "table", "heading", "region"} <= {role for role, _ in said}
    return [role for role, name in said if role in need and not name.strip()]


def test_every_control_can_be_moved_with_the_keyboard_and_each_is_named(page_of, kerr, expect):
    page = page_of(kerr)
    paths = [c.path for c in kerr.explorer.controls.values()]
    assert page.locator(".control").count() == len(paths)
    for path in paths:
        handle = slider(page, path)
        assert handle.evaluate("(e) => e.labels.length")
        assert page.get_by_role("slider", name=path.rpartition(".")[2].replace("_", " ")).count()
        handle.focus()
        before = field(page, path).input_value()
        page.keyboard.press(
            "ArrowRight" if float(handle.input_value()) < float(handle.get_attribute("max")) else "ArrowLeft"
        )
        assert field(page, path).input_value() != before, path
        assert handle.get_attribute("aria-valuetext") == field(page, path).input_value()
    expect(page.locator("#card-eliminated .when")).to_contain_text("at this setting")
    assert page.locator(".control.changed").count() == len(paths)
    assert page.evaluate("performance.getEntriesByName('answer').length")
    page.locator("#reset").click()
    assert page.locator(".control.changed").count() == 0


def test_undo_redo_and_the_link_bring_a_setting_back(page_of, kerr, expect):
    page = page_of(kerr)
    at_first = margin(page).inner_text()
    was = field(page, LINEWIDTH).input_value()
    write(page, LINEWIDTH, "5.5 MHz")
    expect(margin(page)).not_to_have_text(at_first)
    moved = margin(page).inner_text()
    write(page, COUPLING, "95 kHz")
    page.locator("#undo").click()
    assert field(page, COUPLING).input_value() == "86 kHz"
    page.locator("#name").click()  # away from the fields, which have an undo of their own
    page.keyboard.press("Control+z")
    assert field(page, LINEWIDTH).input_value() == was
    expect(margin(page)).to_have_text(at_first)
    page.keyboard.press("Control+Shift+z")
    expect(margin(page)).to_have_text(moved)
    page.locator("#pin").click()
    write(page, LINEWIDTH, "5.8 MHz")
    expect(page).to_have_url(re.compile("5.8"))
    link = page.url
    other = page_of(kerr, f"#{link.partition('#')[2]}")
    assert field(other, LINEWIDTH).input_value() == "5.8 MHz"
    expect(other.locator("#card-a")).to_be_visible()
    expect(other.locator('tr[data-key="kerr_to_linewidth"] td').nth(4)).to_contain_text(moved)


def test_two_settings_side_by_side_with_both_curves(page_of, kerr, expect):
    page = page_of(kerr)
    at_first = margin(page).inner_text()
    page.locator("#pin").click()
    write(page, LINEWIDTH, "5.5 MHz")
    expect(margin(page)).not_to_have_text(at_first)
    row = page.locator('tr[data-key="kerr_to_linewidth"]')
    expect(row.locator("td").nth(4)).to_contain_text(at_first)
    assert page.locator("#curve path.now").count() == page.locator("#curve > svg path.a").count() + 1 == 2
    moved = margin(page).inner_text()
    page.locator("#swap").click()
    expect(margin(page)).to_have_text(at_first)
    expect(row.locator("td").nth(4)).to_contain_text(moved)
    page.locator("#unpin").click()
    expect(page.locator("#card-a")).to_be_hidden()


def test_hostile_values_are_told_beside_their_number_and_lose_nothing(page_of, kerr, expect):
    page = page_of(kerr)
    write(page, COUPLING, "95 kHz")
    expect(page.locator("#card-eliminated .when")).to_contain_text("at this setting")
    verdict = page.locator("#card-eliminated .verdict").inner_text()
    for text in ("NaN MHz", "1e999 MHz", "<script>window.hit = 1</script>", "3 pH", "-4 MHz"):
        write(page, LINEWIDTH, text)
        expect(box(page, LINEWIDTH).locator(".error")).to_contain_text("must")
        assert field(page, LINEWIDTH).get_attribute("aria-invalid") == "true"
        assert field(page, LINEWIDTH).input_value() == text
        assert field(page, COUPLING).input_value() == "95 kHz"
        assert page.locator("#card-eliminated .verdict").inner_text() == verdict
        expect(page.locator("#card-eliminated .when")).to_contain_text("of the last valid setting")
        assert page.evaluate("window.hit === undefined")
        page.locator("#undo").click()
        expect(page.locator("#problems")).to_be_hidden()


def test_a_link_with_markup_in_it_injects_nothing(page_of, kerr, expect):
    bad = '<img src=x onerror="window.hit=1">'
    page = page_of(kerr)
    page.goto("about:blank")
    page.goto(f"{kerr.address}#" + urlencode({bad: bad, LINEWIDTH: bad, "A": "pinned", f"A:{COUPLING}": bad}))
    expect(page.locator("#problems")).to_contain_text("must be a number")
    assert page.locator("main img").count() == 0
    assert page.evaluate("window.hit === undefined")


def test_the_full_model_follows_at_rest_and_two_pages_are_independent(page_of, served, expect):
    small = {"levels": 4, "pair_levels": 3, "bath_levels": 2}
    with served(subject_of("kerr_squid_array").table | {"conditions": small}) as own:
        one, two = page_of(own, full=True), page_of(own)
        expect(one.locator("#card-full .when")).to_have_text("at this setting")
        assert one.locator("#curve > svg circle.full").count() == 3
        write(one, LINEWIDTH, "5.5 MHz")
        expect(one.locator("#card-full .when")).to_contain_text("of an earlier setting")
        expect(one.locator("#card-full .when")).to_contain_text("computing for", timeout=SECONDS)
        assert field(two, LINEWIDTH).input_value() != "5.5 MHz"
        one.context.close()  # while it waits
        assert two.evaluate("new Promise((done) => setTimeout(done, 400))") is None
        for _ in range(200):
            if not own.explorer.full.busy:
                break
            two.wait_for_timeout(50)
        assert own.explorer.full.busy == 0
        write(two, LINEWIDTH, "5.4 MHz")
        expect(two.locator("#card-eliminated .when")).to_contain_text("at this setting")


def test_saving_with_the_keyboard_alone(page_of, served, expect, tmp_path):
    place = Place.of(tmp_path / "new.toml", subject_of("kerr_squid_array").source)
    with served("kerr_squid_array", place) as own:
        page = page_of(own, quiet=True)  # Chromium tells of every answer that is no success
        for _ in range(80):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.type") == "range":
                break
        assert page.evaluate("document.activeElement.closest('.control').dataset.path")
        page.keyboard.press("PageUp")
        page.keyboard.press("Tab")  # to its field
        page.keyboard.press("Shift+Tab")
        for _ in range(40):
            page.keyboard.press("Shift+Tab")
            if page.evaluate("document.activeElement.id") == "save":
                break
        page.keyboard.press("Enter")
        expect(page.locator("#save-dialog")).to_be_visible()
        page.locator("#save-do").focus()
        page.keyboard.press("Enter")
        expect(page.locator("#said")).to_contain_text("Saved")
        before = (tmp_path / "new.toml").read_bytes()
        page.locator("#save").press("Enter")
        page.locator("#save-do").press("Enter")
        expect(page.locator("#save-problem")).to_contain_text("must be a new one")
        assert (tmp_path / "new.toml").read_bytes() == before
        page.locator("#save-replace").press("Space")
        page.locator("#save-do").press("Enter")
        expect(page.locator("#save-dialog")).to_be_hidden()
        page.locator("#save").press("Enter")
        page.keyboard.press("Escape")
        expect(page.locator("#save-dialog")).to_be_hidden()


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_read_at_both_widths_and_in_both_schemes(page_of, kerr, expect, width, scheme):
    page = page_of(kerr, width=width, scheme=scheme)
    page.locator("#pin").click()
    write(page, LINEWIDTH, "nonsense")
    expect(page.locator("#problems")).to_be_visible()
    write(page, LINEWIDTH, "5.6 MHz")
    expect(page.locator("#card-eliminated .when")).to_contain_text("at this setting")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(CONTRAST) == []
    levels = page.evaluate(HEADINGS)
    assert levels[0] == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))
    assert min(page.evaluate(LINES)) >= 3
    assert nameless(page) == []
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((e) => e.id)")
    assert len(ids) == len(set(ids))
    assert page.evaluate("document.documentElement.lang") == "en"


def test_a_chip_has_the_numbers_of_every_node_and_link(page_of, served, expect):
    with served("two_transmons_tunable") as own:
        page = page_of(own)
        shown = page.evaluate("[...document.querySelectorAll('.control')].map((c) => c.dataset.path)")
        assert shown == [c.path for c in own.explorer.controls.values()]
        assert {path.split(".")[2] for path in shown} == {"A", "B", "A-B"}
        path = "$.node.B.oscillator.flux_bias"
        page.locator("#node").select_option("B")
        before = page.locator("#parameters").text_content()
        write(page, path, "0.15 Phi_0")
        expect(page.locator("#parameters")).not_to_have_text(before)
        page.locator("#part").select_option("A-B")
        keys = page.evaluate("[...document.querySelectorAll('#criteria tr[data-key]')].map((r) => r.dataset.key)")
        assert keys
        assert all(key.startswith("A-B.") for key in keys)
        expect(page.locator("#curve path.now")).to_have_count(2)  # the curve, and its sample in the key
