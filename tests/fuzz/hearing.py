"""What cases on sound share: verdicts on what `tag` hears."""

from __future__ import annotations

from cases import Case, Check, Ended, Place, tags

LEFT_OUT = frozenset({0, 1})


def hears(
    place: Place, *files: str, codes: frozenset[int], says: str | None = None, check: Check | None = None
) -> Case:
    place.put("m.pth")
    return Case(["tag", "m.pth", *files, "--json", "--top-k", "10"], codes, says=says, check=check)


def heard_alike(first: str, second: str, within: float = 1e-4) -> Check:
    def check(ended: Ended) -> str | None:
        found = tags(ended)
        wrong = max(abs(found[first][name] - found[second][name]) for name in found[first])
        return f"`{first}` and `{second}` differ by {wrong:.4f}" if wrong > within else None

    return check
