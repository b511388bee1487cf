# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report in a real browser: no complaint, filters that work, hostile names that do nothing, a thousand devices."""

from __future__ import annotations

import asyncio
import time
import typing as t
from pathlib import Path

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._report.html_page import Live, as_html
from tests.browser import chromium
from tests.browser.chromium import Page
from tests.browser.fleet import HOSTILE, fleet

BROWSER = chromium.find()
pytestmark = pytest.mark.skipif(
    BROWSER is None,
    reason="no Chromium on this machine: install it (Debian: apt-get install chromium) to look at the report",
)

Look = t.Callable[[Page], t.Awaitable[None]]


def look_at(path: Path, look: Look) -> Page:
    """Open a page, look at it, and give it with what the browser complained about."""

    async def run() -> Page:
        async with chromium.opened(str(BROWSER), path) as page:
            await look(page)
            return page

    return asyncio.run(run())


@pytest.fixture
def report(tmp_path: Path) -> Path:
    path = tmp_path / "report.html"
    path.write_text(as_html(fleet(30)))
    return path


VISIBLE = "[...document.querySelectorAll('details.d')].filter(d => d.offsetParent !== null).length"
SEARCH = "document.querySelector('#filters input[type=search]')"
TYPE = SEARCH + ".value = {}; " + SEARCH + ".dispatchEvent(new Event('input'))"


def test_the_page_opens_without_a_complaint_and_asks_nobody_for_anything(report: Path) -> None:
    async def look(page: Page) -> None:
        assert await page.ask("document.title") == "core-sbc-monthly: maintenance report"
        assert await page.ask(VISIBLE) == 30
        assert await page.ask("document.getElementById('filters').hidden") is False
        assert await page.ask("document.getElementById('count').textContent") == "30 of 30 devices"

    page = look_at(report, look)
    assert page.complaints == []
    assert page.dialogs == []
    assert [url for url in page.requests if not url.startswith("file:")] == []


def test_a_hostile_name_is_shown_and_does_nothing(report: Path) -> None:
    async def look(page: Page) -> None:
        names = await page.ask("[...document.querySelectorAll('.n')].map(n => n.firstChild.textContent)")
        for name in HOSTILE:
            assert name in names
        assert await page.ask("document.scripts.length") == 1
        assert await page.ask("document.images.length") == 0
        # Even a script that got into the page would not run.
        await page.ask(
            "{const s = document.createElement('script'); s.textContent = 'window.ran = 1';document.body.append(s)}"
        )
        assert await page.ask("window.ran") is None

    page = look_at(report, look)
    assert page.dialogs == []
    # The browser says that it refused the script we put in, and nothing else.
    assert len(page.complaints) == 1
    assert "Content Security Policy" in page.complaints[0]


def test_filters_and_groups_work_without_a_server(report: Path) -> None:
    async def look(page: Page) -> None:
        await page.ask(TYPE.format("'LON'"))
        found = await page.ask(VISIBLE)
        assert 0 < found < 30
        assert await page.ask("document.getElementById('count').textContent") == f"{found} of 30 devices"
        await page.ask(TYPE.format("'no such device'"))
        assert await page.ask(VISIBLE) == 0
        await page.ask(TYPE.format("''"))
        await page.ask("document.querySelector('#filters input[value=done]').click()")
        assert await page.ask(VISIBLE) == await page.ask(
            "document.querySelectorAll('details.d:not([data-outcome=done])').length"
        )
        await page.ask("document.querySelector('#filters input[value=done]').click()")
        await page.ask(
            "{const s = document.querySelector('#filters select'); s.value = 'site';"
            "s.dispatchEvent(new Event('change', {bubbles: true}))}"
        )
        heads = await page.ask("[...document.querySelectorAll('#devices h3')].map(h => h.textContent)")
        assert sorted(head.split(" ")[0] for head in heads) == ["FRA", "LAX", "LON"]
        assert await page.ask(VISIBLE) == 30

    assert look_at(report, look).complaints == []


@pytest.mark.finding("C2")
@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (1200, "dark"), (390, "light"), (390, "dark")])
def test_it_is_readable_on_a_desk_and_on_a_phone_by_day_and_by_night(report: Path, width: int, scheme: str) -> None:
    async def look(page: Page) -> None:
        await page.size(width, 900, mobile=width < 500)
        await page.prefer(scheme)
        assert await page.ask("document.documentElement.scrollWidth") <= width
        contrast = await page.ask(CONTRAST)
        assert contrast == [], contrast

    assert look_at(report, look).complaints == []


# Text that stands out from its background by less than WCAG's 4.5 to 1.
CONTRAST = """
(() => {
  const light = text => {
    const [r, g, b] = text.match(/[0-9.]+/g).map(Number).map(v => v / 255)
      .map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const behind = e => {
    for (; e; e = e.parentElement) {
      const colour = getComputedStyle(e).backgroundColor;
      if (!/, 0\\)$|transparent/.test(colour)) { return colour; }
    }
    return 'rgb(255, 255, 255)';
  };
  const weak = new Set();
  document.querySelectorAll('h1,h2,h3,p,dt,dd,span,small,td,th,label,code,li,output').forEach(e => {
    if (!e.textContent.trim() || e.offsetParent === null) { return; }
    const [a, b] = [light(getComputedStyle(e).color), light(behind(e))].sort((x, y) => y - x);
    if ((a + .05) / (b + .05) < 4.5) { weak.add(e.tagName + '.' + e.className); }
  });
  return [...weak];
})()
"""


def test_what_needs_a_person_is_unfolded_for_printing(report: Path) -> None:
    async def look(page: Page) -> None:
        await page.ask("document.querySelectorAll('details').forEach(d => { d.open = false; })")
        await page.prefer("light", media="print")
        await page.ask("window.dispatchEvent(new Event('beforeprint'))")
        assert await page.ask("[...document.querySelectorAll('details.d:not([data-outcome=done])')].every(d => d.open)")
        assert await page.ask("getComputedStyle(document.getElementById('filters')).display") == "none"

    assert look_at(report, look).complaints == []


def test_without_scripts_everything_is_there(report: Path) -> None:
    async def look(page: Page) -> None:
        await page.call("Emulation.setScriptExecutionDisabled", value=True)
        await page.call("Page.reload")
        await asyncio.sleep(1)
        await page.call("Emulation.setScriptExecutionDisabled", value=False)
        assert await page.ask(VISIBLE) == 30
        assert await page.ask("document.getElementById('filters').hidden") is True
        assert await page.ask("document.querySelectorAll('#devices h3').length") >= 5

    look_at(report, look)


def test_every_picture_has_a_name_and_every_control_too(report: Path) -> None:
    async def look(page: Page) -> None:
        tree = (await page.call("Accessibility.getFullAXTree"))["nodes"]
        wanted = ("image", "searchbox", "combobox", "checkbox", "DisclosureTriangle")
        nameless = [
            node["role"]["value"]
            for node in tree
            if node.get("role", {}).get("value") in wanted and not node.get("name", {}).get("value")
        ]
        assert nameless == []
        assert sum(node.get("role", {}).get("value") == "image" for node in tree) > 30

    look_at(report, look)


def test_a_thousand_devices_stay_usable(tmp_path: Path) -> None:
    report = fleet(1000)
    started = time.monotonic()
    text = as_html(report)
    made = time.monotonic() - started
    path = tmp_path / "big.html"
    path.write_text(text)
    assert len(text) < 5_000_000

    async def look(page: Page) -> None:
        assert await page.ask(VISIBLE) == 1000
        took = await page.ask(
            "(() => { const t = performance.now(); " + TYPE.format("'dev-0999'") + "; document.body.offsetHeight;"
            " return performance.now() - t; })()"
        )
        assert await page.ask(VISIBLE) == 1
        print(f"1,000 devices: {len(text) / 1e6:.1f} MB, made in {made:.2f} s, filtered in {took:.0f} ms")
        # Generous: a busy machine is no failure, a filter that takes seconds is one.
        assert took < 3000

    assert look_at(path, look).complaints == []


def live_page(folder: Path, written_at: float, every: int) -> Path:
    path = folder / "live.html"
    path.write_text(as_html(fleet(30), Live(written_at, every)))
    return path


def test_a_live_page_says_how_old_it_is_and_that_nothing_came_since(tmp_path: Path) -> None:
    async def look(page: Page) -> None:
        await page.size(390, 844, mobile=True)
        await page.prefer("dark")
        assert await page.ask("document.documentElement.scrollWidth") <= 390
        assert await page.ask(CONTRAST) == []
        assert " ago" in await page.ask("document.getElementById('age').textContent")
        is_old = await page.ask("document.getElementById('live').classList.contains('old')")
        assert is_old is ("status" in await page.ask("document.getElementById('age').textContent"))
        ages.append(is_old)

    ages: list[bool] = []
    for since in (5.0, 3700.0):
        assert look_at(live_page(tmp_path, time.time() - since, 600), look).complaints == []
    assert ages == [False, True]


def test_a_live_page_loads_itself_again_and_keeps_what_is_unfolded_and_filtered(tmp_path: Path) -> None:
    path = live_page(tmp_path, time.time(), 2)

    async def look(page: Page) -> None:
        closed = "document.querySelectorAll('details.d')[29]"
        await page.ask(f"{closed}.open = true; window.first = true")
        name = await page.ask(f"{closed}.querySelector('.n').firstChild.textContent")
        await page.ask("document.querySelector('#filters input[value=failed]').click()")
        path.write_text(as_html(fleet(30), Live(time.time() + 100, 600)))
        for _second in range(300):
            await asyncio.sleep(0.2)
            if await page.ask("document.readyState === 'complete' && window.first === undefined"):
                break
        assert await page.ask("document.getElementById('live').dataset.every") == "600"
        opened = await page.ask(
            "[...document.querySelectorAll('details.d[open]')].map(d => d.querySelector('.n').firstChild.textContent)"
        )
        assert name in opened
        assert await page.ask("document.querySelector('#filters input[value=failed]').checked") is False

    assert look_at(path, look).complaints == []
