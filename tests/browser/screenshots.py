# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pictures in the README: `python -m tests.browser.screenshots` draws them anew into docs/images."""

from __future__ import annotations

import asyncio
import io
import sys
import tempfile
import time
from pathlib import Path

from tests.tools.isolated import ROOT, ensure_link

sys.path.insert(0, str(ensure_link()))

import rich.console
import rich.text

from ansible_collections.netfleet.maintenance.plugins.module_utils._report.html_page import as_html
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._progress.stages import View, Watched
from ansible_collections.netfleet.maintenance.plugins.plugin_utils._progress.terminal import render
from tests.browser import chromium
from tests.browser.fleet import fleet

IMAGES = ROOT / "docs/images"
COLUMNS = 100

ABOVE = """\
TASK [netfleet.maintenance.window : Carry out sync] *******************************************************
changed: [lax-sbc-02]
changed: [lax-sbc-03]
changed: [lax-sbc-05]

TASK [netfleet.maintenance.window : Carry out reboot] *****************************************************
changed: [lax-sbc-02]
"""


async def main() -> None:
    """Draw the pictures."""
    browser = chromium.find()
    if browser is None:
        raise SystemExit("no Chromium on this machine: install it (Debian: apt-get install chromium)")
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        report, progress = Path(folder) / "report.html", Path(folder) / "progress.html"
        report.write_text(as_html(fleet(30)))
        progress.write_text(f"<body style='margin:0;background:#292929'>{terminal()}</body>")
        async with chromium.opened(browser, report) as page:
            await page.size(1100, 1500)
            await page.screenshot(IMAGES / "report.png")
            await page.size(1100, 700)
            await page.prefer("dark")
            await page.ask("document.querySelector('#devices').scrollIntoView()")
            await page.screenshot(IMAGES / "report-devices-dark.png")
            await page.size(390, 844, mobile=True)
            await page.ask("window.scrollTo(0, 0)")
            await page.screenshot(IMAGES / "report-phone.png")
        async with chromium.opened(browser, progress) as page:
            await page.size(1000, 300)
            await page.screenshot(IMAGES / "progress.png")


def terminal() -> str:
    """Return a picture (SVG) of the live view in the middle of a window, below Ansible's output."""
    now = time.time()
    watched = Watched(window_id="CHG0012345", ends_at=now + 5340, max_failures=2, total=30)
    names = [f"lax-sbc-{number:02d}" for number in range(1, 13)]
    watched.batches = [names[:1], names[1:]]
    doing = ["done"] * 5 + ["failed", "holding", "proving", "proving", "rebooting", "syncing", "locking"]
    view = View(dict(zip(names, doing, strict=True)), dict.fromkeys(names[6:], now - 41), now)
    console = rich.console.Console(
        record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, color_system="standard", highlight=False
    )
    for each in ABOVE.splitlines():
        console.print(rich.text.Text(each[:COLUMNS], style="yellow" if each.startswith("changed") else ""))
    for each in render(watched, view, COLUMNS):
        console.print(rich.text.Text.from_ansi(each))
    return console.export_svg(title="ansible-playbook netfleet.maintenance.maintenance_window")


if __name__ == "__main__":
    asyncio.run(main())
