"""Paragraphs of generated pages."""

from __future__ import annotations

import textwrap


def filled(text: str, width: int = 130, indent: str = "") -> str:
    """A paragraph in lines of the width of the pages."""
    return textwrap.fill(
        text, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
