"""Numbers as readers see them."""

import math
from typing import Any

MISSING = "–"


def quality(value: float) -> str:
    """An mAP to three places: `0.712`."""
    return f"{value:.3f}" if math.isfinite(value) else MISSING


def fraction(value: float) -> str:
    """An mAP where there is little room: `.712`; a leading zero says nothing."""
    return quality(value).removeprefix("0")


def gap(value: float) -> str:
    """A difference of mAP with its sign: `+0.012`, `−0.003`."""
    return f"{value:+.3f}".replace("-", "−") if math.isfinite(value) else MISSING


def interval(low: float, high: float) -> str:
    """`[−0.003, +0.021]`, empty where there is none."""
    return f"[{gap(low)}, {gap(high)}]" if math.isfinite(low) and math.isfinite(high) else ""


def spread(low: float, high: float) -> str:
    """`0.708–0.716`."""
    return f"{quality(low)}–{quality(high)}"


def count(value: float, unit: str = "") -> str:
    """A count to three digits with its prefix: `20.0 G`, `164 M`, `987`."""
    if not math.isfinite(value):
        return MISSING
    for factor, prefix in ((1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= 0.9995 * factor:
            return f"{three(value / factor)} {prefix}{unit}"
    return f"{value:g} {unit}".rstrip()


def milliseconds(value: float) -> str:
    """`12.3 ms`."""
    return f"{three(value)} ms" if math.isfinite(value) else MISSING


def relative(value: float) -> str:
    """`(0.64)`, empty where there is none."""
    return f"({value:.2f})" if math.isfinite(value) else ""


def beside(text: str, share: float) -> str:
    """A raw value with the relative one beside it: `12.4 G (0.62)`."""
    return f"{text} {relative(share)}".rstrip()


def share(ratio: float) -> str:
    """A ratio in percent, not to be broken: `25 %`, `12.5 %`."""
    return f"{100 * ratio:.3g}\u00a0%"


def by_chance(comparisons: int) -> str:
    """`about 0.4 better and 0.4 worse by chance`: how many 95 % intervals lie on either side of a true zero."""
    expected = 0.025 * comparisons
    size = f"{expected:.1g}" if expected < 1 else f"{expected:.0f}"
    return f"about {size} better and {size} worse by chance"


def unbroken(text: str) -> str:
    """Text in which a percent sign stays on the line of its number."""
    return text.replace(" %", "\u00a0%")


def for_programs(value: Any) -> Any:
    """A JSON value whose texts have plain spaces before percent signs, which is what a program searches for."""
    if isinstance(value, str):
        return value.replace("\u00a0%", " %")
    if isinstance(value, dict):
        return {for_programs(key): for_programs(item) for key, item in value.items()}
    return [for_programs(item) for item in value] if isinstance(value, list) else value


def three(value: float) -> str:
    """Three digits: `0.49`, `12.3`, `164`."""
    return f"{value:.{0 if value >= 99.95 else 1 if value >= 9.995 else 2}f}"
