"""Bad input, said in one sentence."""

import difflib
from collections.abc import Iterable


class InputError(ValueError):
    """What a user gave cannot be used: what must hold, what was found, what to do.

    The command line prints its message and leaves with exit code 2.
    """


def nearest(found: str, valid: Iterable[str]) -> str:
    """A clause that names the valid names nearest to `found`, or all of them where none is near."""
    known = list(valid)
    near = near_names(found, known)
    if near:
        return did_you_mean(near)
    return f"valid: {', '.join(f'`{name}`' for name in known)}." if known else "there is none."


def near_names(found: str, valid: Iterable[str]) -> list[str]:
    """The valid names nearest to `found`, at most three, the nearest first."""
    return difflib.get_close_matches(found, list(valid), n=3, cutoff=0.5)


def did_you_mean(near: Iterable[str]) -> str:
    """The question whether one of these names was meant."""
    return f"did you mean {' or '.join(f'`{name}`' for name in near)}?"
