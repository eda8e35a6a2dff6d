"""Names and units of exact figures, for people; JSON has the keys."""

from __future__ import annotations

import re
from collections.abc import Sequence

NAMES = {
    "widths": "filters",
    "parameters": "parameters",
    "parameter_bytes": "size of the parameters",
    "file_bytes": "size of the file",
    "state_dict_bytes": "size as torch saves it",
    "state_dict_bytes_compressed": "size as torch saves it, compressed",
    "state_dict_bytes_fp16": "size as torch saves it, fp16",
    "state_dict_bytes_fp16_compressed": "size as torch saves it, fp16, compressed",
    "macs_backbone": "MACs, backbone",
    "macs_with_frontend": "MACs, with front end",
    "activation_peak_bytes_fp16": "peak of live activations, fp16",
    "activation_peak_bytes_fp32": "peak of live activations, fp32",
    "peak_memory_bytes": "peak memory of a pass",
    "peak_memory_bytes_cuda": "peak memory of a pass on CUDA",
    "energy_joules": "energy of a pass",
    "stored_as": "weights stored as",
    "read_from": "read from",
}
_MACS = re.compile(r"macs_(\w+?)_(backbone|with_frontend)")


def figure_name(key: str) -> str:
    """What people call a figure: `"MACs, backbone"`."""
    if found := _MACS.fullmatch(key):
        return f"MACs by {found[1]}, {NAMES[f'macs_{found[2]}'].partition(', ')[2]}"
    return NAMES.get(key, key.replace("_", " "))


def figure_text(key: str, value: object) -> str:
    """The figure with its unit: `"4,720"`, `"18,880 B"`; widths as `8-8-16`."""
    if value is None:
        return "–"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "-".join(map(str, value))
    unit = " B" if "bytes" in key else " J" if key.endswith("_joules") else ""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return f"{value:,}{unit}" if isinstance(value, int) else f"{value:.4g}{unit}"


def share_text(before: object, after: object) -> str:
    """What is left of a figure: `"64.8 %"`; empty where that says nothing."""
    known = all(isinstance(value, int | float) and not isinstance(value, bool) for value in (before, after))
    return f"{100 * after / before:.1f} %" if known and before else ""  # type: ignore[operator]


def size_text(size: float) -> str:
    """Bytes for people, in powers of ten: `"980 B"`, `"18.9 kB"`, `"4.38 MB"`."""
    for unit, least in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= least:
            found = size / least
            return f"{found:.3g} {unit}" if found < 999.5 else f"{found:,.0f} {unit}"
    return f"{size:,.0f} B"
