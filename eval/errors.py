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
    near = difflib.get_close_matches(found, known, n=3, cutoff=0.5)
    if near:
        return f"did you mean {' or '.join(f'`{name}`' for name in near)}?"
    return f"valid: {', '.join(f'`{name}`' for name in known)}." if known else "there is none."
