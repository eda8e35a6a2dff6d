"""Writes what `results.md` says of its runs, from their tables: `python docs/_in_short.py`.

The tables of `results.md` are the `by_ratio.md` of four runs. Every sentence on how many, which, all or no criteria is
computed from them and stands between `<!-- computed -->` and `<!-- end -->`; a test holds the pages to it.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FIVE = ("`chip`", "`entropy`", "`hrank`", "`energy`", "`apoz`")
SCRATCH = "from scratch, equal MACs in all"
CELL = re.compile(r"(?P<map>[\d.]+)(?: \((?P<gap>[+−][\d.]+)(?P<mark> [≈?])?\))?")


@dataclass(frozen=True)
class Cell:
    """One entry: test mAP, its difference from random (nan without) and whether that was told from zero."""

    map: float
    gap: float
    told: bool


@dataclass
class Run:
    """One table with what stands around it."""

    title: str
    rows: dict[str, dict[float, Cell]] = field(default_factory=dict)
    own: list[str] = field(default_factory=list)
    head: str = ""
    text: str = ""

    @property
    def preset(self) -> str:
        """`` `standard` ``."""
        return self.title.split(" ")[0]

    @property
    def data(self) -> str:
        """`synthetic sounds`."""
        return self.title.split(" on ")[1].removeprefix("mixtures of ")

    @property
    def rankings(self) -> dict[str, dict[float, Cell]]:
        """The criteria that rank filters, best first; `random` and controls are none."""
        return {n: r for n, r in self.rows.items() if n.startswith("`") and n != "`random`" and ", " not in n}

    def told(self, ratio: float, better: bool) -> list[str]:
        """Rankings whose interval at a ratio excludes zero on one side."""
        cells = {name: row[ratio] for name, row in self.rankings.items()}
        return [name for name, cell in cells.items() if cell.told and (cell.gap > 0) is better]

    def lowest(self, ratio: float, count: int) -> list[str]:
        """The rankings with the lowest mAP at a ratio, by name."""
        return sorted(sorted(self.rankings, key=lambda name: self.rankings[name][ratio].map)[:count])


def runs_of(text: str) -> list[Run]:
    """The tables of `results.md`, in order."""
    found = []
    for part in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        lines = part.replace("\u00a0", " ").splitlines()
        table = [line for line in lines if line.startswith("|")]
        if not table or " on " not in lines[0]:
            continue
        run = Run(lines[0].strip(), text=part.replace("\u00a0", " "))
        run.head = next(line for line in lines[1:] if line.strip())
        ratios = [float(ratio) / 100 for ratio in re.findall(r"mAP at ([\d.]+) %", table[0])]
        for line in table[2:]:
            name, *cells = [cell.strip() for cell in line.strip("|").split("|")]
            run.rows[name.replace(" †", "")] = {r: _cell(c) for r, c in zip(ratios, cells, strict=True) if c}
        run.own = re.findall(r"(`\w+`)(?: †)? ‡ removes", run.text)
        found.append(run)
    return found


def _cell(text: str) -> Cell:
    match = CELL.match(text)
    assert match is not None, text
    gap = match["gap"]
    return Cell(
        float(match["map"]),
        float(gap.replace("−", "-")) if gap else float("nan"),
        gap is not None and match["mark"] is None,
    )


def in_short(runs: Sequence[Run]) -> list[str]:
    """The bullets of `results.md`."""
    return [
        f"- {text}"
        for text in (_compared(runs), *_half(runs), _highest(runs), _lowest(runs), *_controls(runs))
    ]


def _compared(runs: Sequence[Run]) -> str:
    names = list(dict.fromkeys(name for run in runs for name in run.rankings))
    pairs = [name for name in names if " = " in name]
    own = list(dict.fromkeys(name for run in runs for name in run.own))
    every = sum(len(name.split(" = ")) for name in names) + len(own) + 1
    return (
        f"**What is compared.** The {every} criteria of these runs are {len(names)} rankings beside the control "
        f"`random`: {_and(pairs)} remove the same filters, and {_and(own)} takes a set of its own size, which has no "
        "row."
    )


def _half(runs: Sequence[Run]) -> Iterable[str]:
    parts = []
    for run in runs:
        ratios = [ratio for ratio in _ratios(run) if ratio <= 0.5]
        gap, name, ratio = max((row[r].gap, n, r) for n, row in run.rankings.items() for r in ratios)
        worse, better = run.told(0.5, better=False), run.told(0.5, better=True)
        parts.append(
            f"in {run.title} at most {gap:.3f} above ({name} at {_percent(ratio)}), and of {len(run.rankings)} at 50 % "
            f"{_count(better)} better and {_count(worse)} worse"
        )
    yield (
        f"**Up to half of the filters.** Against `random`, rankings are {'; '.join(parts)}. Better and worse: 95 % "
        f"intervals that exclude zero, not corrected for the number of comparisons; if none differed, {_chance(runs)}."
    )


def _chance(runs: Sequence[Run]) -> str:
    """`of 19 about 0.5 would be better and 0.5 worse by chance`: how many 95 % intervals lie beside a true zero."""
    counts = sorted({len(run.rankings) for run in runs})
    sizes = [f"of {count} about {0.025 * count:.1g}" for count in counts]
    return f"{_and(sizes)} would be better and as many worse by chance"


def _highest(runs: Sequence[Run]) -> str:
    first = [next(iter(run.rankings)) for run in runs]
    parts = []
    for name in dict.fromkeys(first):
        own = [run for run, held in zip(runs, first, strict=True) if held == name]
        told = [
            f"in {run.title} at {_and([_percent(r) for r, cell in run.rankings[name].items() if cell.told])}"
            for run in own
            if any(cell.told for cell in run.rankings[name].values())
        ]
        apart = (
            f"; its difference from `random` has an interval that excludes zero {_and(told)}" if told else ""
        )
        parts.append(f"{name} has the highest mean difference {_in(len(own), len(runs))}{apart}")
    return (
        f"**The highest mean.** {'. '.join(parts)}. This does not show that it is the best: no run here makes a "
        "claim."
    )


def _lowest(runs: Sequence[Run]) -> str:
    same = [run for run in runs if run.lowest(0.75, 5) == sorted(FIVE)]
    most = {run.title: min(run.rankings[name][0.75].gap for name in FIVE) for run in runs}
    listed = _and([f"by up to {-gap:.2f} in {title}" for title, gap in most.items()])
    text = (
        f"**The five lowest.** {_and(list(FIVE))} have the five lowest means at 75 % "
        f"{_in(len(same), len(runs))}, {listed}."
    )
    for run in runs:
        turned = {name: run.rows.get(f"{name}, reversed", {}) for name in FIVE}
        if not all(turned.values()):
            continue
        for ratio in (0.75, 0.9):
            higher = [name for name in FIVE if turned[name][ratio].map > run.rankings[name][ratio].map]
            below = [name for name in FIVE if turned[name][ratio].gap < 0]
            text += (
                f" With {_percent(ratio)} removed {_of(len(higher), 5)} have a higher mean reversed in {run.title}, "
                f"and reversed {_of(len(below), 5)} are below `random`."
            )
    return text


def _controls(runs: Sequence[Run]) -> Iterable[str]:
    for run in runs:
        row = run.rows.get(SCRATCH)
        if row:
            better, worse = (
                [r for r, c in row.items() if c.told and (c.gap > 0) is up] for up in (True, False)
            )
            parts = [
                f"{word} `random` at {_and([_percent(r) for r in ratios])}"
                for word, ratios in (("better than", better), ("worse than", worse))
                if ratios
            ] or ["not distinguishable from `random` at any ratio"]
            sentence = re.search(
                rf"{SCRATCH[0].upper()}{SCRATCH[1:]}, against the highest[^)]*\): (.*)\.$", run.text, re.M
            )
            above = (
                [
                    (ratio, name)
                    for low, ratio, name in re.findall(
                        r"\[([+−][\d.]+), [^\]]*\] at ([\d.]+) % \((\w+)\)", sentence[1]
                    )
                    if low.startswith("+") and float(low) > 0
                ]
                if sentence
                else []
            )
            also = "".join(
                f", and at {ratio} % better than `{name}`, the highest there" for ratio, name in above
            )
            yield (
                "**Training the pruned shape from scratch**, with as many MACs in all as the base model and its "
                f"fine-tuning took, is {' and '.join(parts)}{also} ({run.title}). It trains every layer, but "
                "fine-tuning trains only the last six and the head. If you already have a base model, it costs "
                "nothing more."
            )
    gains = []
    for run in runs:
        found = re.search(r"unpruned ([\d.]+); unpruned, fine-tuned ([\d.]+)", run.head)
        assert found is not None
        gains.append(f"from {found[1]} to {found[2]} in {run.title}")
    yield (
        "**Fine-tuning needs its own control.** With the same fine-tuning, the mAP of the unpruned model goes "
        f"{_and(gains)}."
    )


def _ratios(run: Run) -> list[float]:
    return sorted({ratio for row in run.rankings.values() for ratio in row})


def _in(count: int, total: int) -> str:
    return f"in all {total} runs" if count == total else f"in {count} of {total} runs"


def _of(count: int, total: int) -> str:
    return (
        f"all {total}" if count == total else f"none of the {total}" if not count else f"{count} of {total}"
    )


def _count(names: Sequence[str]) -> str:
    return "none is" if not names else f"{len(names)} {'is' if len(names) == 1 else 'are'}"


def _and(parts: Sequence[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def _percent(ratio: float) -> str:
    return f"{100 * ratio:g} %"


def filled(text: str, width: int = 120) -> str:
    """Paragraphs and bullets in lines of the width of the pages."""
    parts = text.split("\n")
    return "\n".join(
        textwrap.fill(
            part,
            width,
            subsequent_indent="  " if part.startswith("- ") else "",
            break_long_words=False,
            break_on_hyphens=False,
        )
        for part in parts
    )


def with_computed(page: str, text: str) -> str:
    """A page with what stands between its marks replaced."""
    return re.sub(
        r"(<!-- computed -->\n).*?(<!-- end -->)",
        lambda m: f"{m[1]}{filled(text)}\n{m[2]}",
        page,
        count=1,
        flags=re.DOTALL,
    )


def pages() -> dict[Path, str]:
    """The page as it must be."""
    path = ROOT / "docs" / "results.md"
    text = path.read_text(encoding="utf-8")
    return {path: with_computed(text, "\n".join(in_short(runs_of(text))))}


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
