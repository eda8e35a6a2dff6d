"""What became of each mutant, kept in a file so that a run can be finished in two steps."""

from __future__ import annotations

import json
from collections.abc import Container
from pathlib import Path

from mutants import Mutant, mutants_of

SURVIVED, GONE = "survived", "gone"


class Verdicts:
    """(line, verdict) by the name of a mutant, numbered where several have one name."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, int], tuple[int, str]] = {}
        self._again: dict[Mutant, tuple[str, int]] = {}

    @classmethod
    def read(cls, path: Path) -> Verdicts:
        """Those that `write` wrote."""
        verdicts = cls()
        for one in json.loads(path.read_text(encoding="utf-8")):
            verdicts._found[verdicts._new_key(one["mutant"])] = one["line"], one["verdict"]
        return verdicts

    def write(self, path: Path) -> None:
        """As a JSON list of mutant, line and verdict."""
        rows = [
            {"mutant": name, "line": line, "verdict": verdict}
            for (name, _), (line, verdict) in self._found.items()
        ]
        path.write_text(json.dumps(rows, indent=1), encoding="utf-8")

    def survivors(self, root: Path) -> list[Mutant]:
        """The mutants that survived, found in the code of today by name and nearest line; others count as gone."""
        for key, (line, verdict) in self._found.items():
            if verdict != SURVIVED:
                continue
            path = root / key[0].partition(":")[0]
            same = (m for m in (mutants_of(root, path) if path.exists() else ()) if m.name == key[0])
            nearest = min(same, key=lambda mutant: abs(mutant.line - line), default=None)
            if nearest is None:
                self._found[key] = line, GONE
            else:
                self._again[nearest] = key
        return list(self._again)

    def add(self, mutant: Mutant, verdict: str) -> None:
        """A verdict; of a survivor, in the place of the earlier one."""
        self._found[self._again.get(mutant) or self._new_key(mutant.name)] = mutant.line, verdict

    def counts(self, equivalent: Container[str]) -> tuple[int, list[tuple[str, int]], int]:
        """How many were noticed, (name, line) of survivors that are not named as equivalent, how many are."""
        survived = [(name, line) for (name, _), (line, said) in self._found.items() if said == SURVIVED]
        unnamed = [one for one in survived if one[0] not in equivalent]
        noticed = sum(said not in (SURVIVED, GONE) for _, said in self._found.values())
        return noticed, unnamed, len(survived) - len(unnamed)

    def _new_key(self, name: str) -> tuple[str, int]:
        return name, sum(known == name for known, _ in self._found)
