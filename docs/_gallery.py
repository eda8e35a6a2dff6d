"""Puts figures of reports into the gallery, at 135 dots an inch: `python docs/_gallery.py FIGURES NAME...`.

`FIGURES` is a folder that `prunebench report` wrote, `NAME` a figure of it without `.png`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image

SCALE = 0.45  # of the 300 dots an inch of a report
COLOURS = 256  # in a table: fewer bytes; by median cut, which leaves pale greys grey


def main() -> None:
    """Write `docs/FIGURES-NAME.png`."""
    figures = Path(sys.argv[1])
    for name in sys.argv[2:]:
        with Image.open(figures / f"{name}.png") as whole:
            size = (round(SCALE * whole.width), round(SCALE * whole.height))
            small = whole.resize(size, Image.Resampling.LANCZOS)
        target = Path(__file__).parent / f"{figures.name}-{name.replace('_', '-')}.png"
        small = small.quantize(COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        small.save(target, optimize=True, dpi=(135, 135))
        print(target, target.stat().st_size)


if __name__ == "__main__":
    main()
