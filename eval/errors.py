"""Bad input, said in one sentence."""

import difflib
import re
from collections.abc import Iterable

LONGEST = 380  # characters of a sentence
_BEGINNING, _END = 240, 130  # of what is kept of a longer one
_LONG_WORD = re.compile(r"\S{90,}")
_LINE_ENDS = re.compile(r"\s*[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]\s*")


class InputError(ValueError):
    """An input cannot be used. The message says what must hold, what was found and what to do.

    The command line prints its message and leaves with exit code 2. The message is one line of at most `LONGEST`
    characters, whatever others wrote into it.
    """

    def __init__(self, message: object = "") -> None:
        super().__init__(one_line(str(message)))


def one_line(text: str) -> str:
    """The text with its line ends made spaces, shortened where it is longer than `LONGEST`.

    First the middle of very long words is left out, which are values that somebody gave, then that of the text.
    """
    line = _LINE_ENDS.sub(" ", text).strip()
    if len(line) > LONGEST:
        line = _LONG_WORD.sub(lambda word: f"{word[0][:60]}…{word[0][-20:]}", line)
    return line if len(line) <= LONGEST else f"{line[:_BEGINNING].rstrip()} … {line[-_END:].lstrip()}"


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
