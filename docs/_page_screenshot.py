"""Draw `page.png`, the first screen of the report of `examples/results/quick`, in the light theme at 1200 × 830 pixels.

Run it with `python docs/_page_screenshot.py`. It needs playwright, of the extra `test`, and Chromium, on the path or
named in `PRUNEBENCH_CHROMIUM`.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import sync_playwright

from prunebench.reports import write_report

DOCS = Path(__file__).resolve().parent
RUN = DOCS.parent / "examples" / "results" / "quick"
SCREEN = {"width": 1200, "height": 830}
MOST = 150_000  # bytes that a README may load


def main() -> None:
    """Write `page.png` beside this file."""
    chromium = (
        os.environ.get("PRUNEBENCH_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    )
    if chromium is None:
        sys.exit("No Chromium was found: install it, or name it in PRUNEBENCH_CHROMIUM.")
    with TemporaryDirectory() as folder, sync_playwright() as driver:
        page = write_report([RUN], folder, formats=[]).page
        assert page is not None
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        opened = browser.new_page(viewport=SCREEN, color_scheme="light")
        opened.goto(page.as_uri())
        image = opened.screenshot()
        browser.close()
    if len(image) > MOST:
        sys.exit(f"The picture takes {len(image):,} bytes: at most {MOST:,} fit a README.")
    (DOCS / "page.png").write_bytes(image)


if __name__ == "__main__":
    main()
