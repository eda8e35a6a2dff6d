"""The picture of the page that the README shows is small enough for one, and of the size that its script takes."""

import re
import struct
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_the_picture_of_the_page_is_small_and_whole():
    image = (DOCS / "page.png").read_bytes()
    assert image.startswith(b"\x89PNG\r\n\x1a\n")
    assert image.endswith(b"IEND\xaeB`\x82")
    assert len(image) < 150_000
    script = (DOCS / "_page_screenshot.py").read_text(encoding="utf-8")
    width, height = re.search(r'"width": (\d+), "height": (\d+)', script).groups()
    assert struct.unpack(">II", image[16:24]) == (int(width), int(height))
