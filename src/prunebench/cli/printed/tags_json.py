"""What `prunebench tag` prints."""

from __future__ import annotations

from typing import Any

from typing_extensions import TypedDict

from prunebench.cli.printed.form import closed, row

Heard: Any = row(
    "Heard",
    "A class that is heard.",
    {"class": (str, "name of the class"), "score": (float, "sigmoid probability, in [0, 1]")},
)


@closed
class LiveWindowJson(TypedDict):
    """One window of sound, one object a line.

    Fields:
        start_s, end_s: start and end of the window, in seconds.
        classes: classes that are heard, the best first.
    """

    start_s: float
    end_s: float
    classes: list[Heard]


@closed
class TaggedFileJson(TypedDict):
    """One recording.

    Fields:
        file: path of the recording.
        windows: windows of the recording, in their order.
    """

    file: str
    windows: list[LiveWindowJson]
