"""What is said of clips that a data set cannot use, or that may sound other than expected."""

from __future__ import annotations

from collections.abc import Sequence

UNUSABLE, NOTED = "could not be used", "may not sound as expected"


def told_clips(clips: Sequence[tuple[str, str]], what: str) -> str | None:
    """One sentence about such clips: how many they are, and why the first is among them; nothing about none.

    Args:
        clips: their names, each with the reason.
        what: is true of them, `UNUSABLE` or `NOTED`.
    """
    if not clips:
        return None
    clip, why = clips[0]
    count = "1 clip" if len(clips) == 1 else f"{len(clips):,} clips"
    first = "" if len(clips) == 1 else " first"
    return f"{count} {what}, `{clip}`{first}: {why.rstrip('.')}."
