"""A badge that says how much smaller a model is: an SVG that needs no service and no fonts of its own."""

from __future__ import annotations

import math
from collections.abc import Callable
from xml.sax.saxutils import escape, quoteattr

HEIGHT, EDGE = 20, 6  # pixels; the edge stands on both sides of a text
LETTER = 6.6  # pixels of a letter at 11 pixels, Verdana's mean; `textLength` makes any font take just as many
SMALLER, EQUAL, LARGER = "#2e7d32", "#5f6368", "#b3261e"  # white on these has a contrast above 4.5


def badge_svg(figure: str, before: int, after: int, *, label: str = "compression") -> str:
    """The badge of a figure that went from one value to another; the same values give the same bytes.

    Args:
        figure: what is counted, `"parameters"`.
        before, after: the counts, at least 1.
        label: the left part.

    Returns:
        A whole SVG document; its title, which screen readers read, has both counts.
    """
    said, colour = ratio_said(before, after, figure)
    title = f"{label}: {said} ({before:,} before, {after:,} after)"
    left, right = _width(label), _width(said)
    texts = (
        (label, left / 2, left - 2 * EDGE),
        (said, left + right / 2, right - 2 * EDGE),
    )
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="{HEIGHT}" role="img" '
        f"aria-label={quoteattr(title)}>",
        f"<title>{escape(title)}</title>",
        f'<clipPath id="r"><rect width="{left + right}" height="{HEIGHT}" rx="3"/></clipPath>',
        '<g clip-path="url(#r)">',
        f'<rect width="{left}" height="{HEIGHT}" fill="#3c4043"/>',
        f'<rect x="{left}" width="{right}" height="{HEIGHT}" fill="{colour}"/>',
        "</g>",
        '<g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">',
        *(
            f'<text x="{middle:g}" y="14" textLength="{length}" lengthAdjust="spacingAndGlyphs">{escape(text)}</text>'
            for text, middle, length in texts
        ),
        "</g>",
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def ratio_said(before: int, after: int, figure: str) -> tuple[str, str]:
    """`"3.48× fewer parameters"` and its colour."""
    if before == after:
        return f"as many {figure}", EQUAL
    fewer = after < before
    ratio = _three(before / after, math.floor) if fewer else _three(after / before, math.ceil)
    return f"{ratio}× {'fewer' if fewer else 'more'} {figure}", SMALLER if fewer else LARGER


def _three(ratio: float, whole: Callable[[float], int]) -> str:
    """Three digits: `"3.47"`, `"12.4"`, `"124"`; a saving is rounded down and a growth up, so none looks better."""
    places = 2 if ratio < 10 else 1 if ratio < 100 else 0
    scaled = whole(round(ratio * 10**places, 6))  # 1.25 may have become 1.2500000000000002
    return f"{scaled / 10**places:,.{places}f}"


def _width(text: str) -> int:
    return round(LETTER * len(text)) + 2 * EDGE
