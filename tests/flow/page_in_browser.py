"""A page in headless Chromium: what its scripts saw, which they leave as JSON in an element called "seen"."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = next((p for p in map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome")) if p), None)
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: the report's script is not exercised")
WATCH = """<script>window.faults = []; window.onerror = (m) => { window.faults.push(String(m)); };</script>"""
QUIET = "quic background-networking component-update sync extensions"


def seen_by(html: str, act: str, folder: Path, budget_ms: int) -> dict[str, Any]:
    """What `act`, a script at the page's end, saw after so many milliseconds of the browser's own time."""
    page = folder / "report.html"
    page.write_text(html.replace("<head>", "<head>" + WATCH).replace("</body>", act + "</body>"), encoding="utf-8")
    off = [f"--disable-{word}" for word in QUIET.split()]
    done = subprocess.run(
        [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", *off, "--window-size=1400,2000",
         f"--user-data-dir={folder / 'profile'}", f"--virtual-time-budget={budget_ms}", "--dump-dom", page.as_uri()],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    found = re.search(r'<pre id="seen">(.*?)</pre>', done.stdout, re.S)
    assert found, done.stderr[-2000:]
    return json.loads(unescape(found[1]))
