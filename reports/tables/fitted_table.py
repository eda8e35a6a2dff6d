"""A table on a terminal that leaves out columns where it is narrow, so that no word is broken."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from rich import box
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

WIDEST_NAME = 24  # cells of the first columns, unless a word in them is longer


@dataclass(frozen=True)
class FittedTable:
    """Columns under headings, as many as fit where it is printed; a line below names those that do not.

    A column without any figure is not shown.

    Args:
        title: above the table.
        headings: of all columns.
        rows: cells of all columns, how they look (`None`: as usual), and whether a line is left free below.
        names: so many first columns hold words and are wrapped between them; the others hold figures.
        dispensable: headings in the order in which they are left out.
        known_as: heading → what the line below calls it, where that is not the heading.
    """

    title: str
    headings: Sequence[str]
    rows: Sequence[tuple[Sequence[str], str | None, bool]]
    names: int = 1
    dispensable: Sequence[str] = ()
    known_as: Mapping[str, str] = field(default_factory=dict)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement(1, max(1, sum(self._widths(self._filled())))).with_maximum(options.max_width)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        left_out = self._left_out(options.max_width)
        shown = [heading for heading in self._filled() if heading not in left_out]
        whole = sum(self._widths(shown, least=True)) <= options.max_width
        yield self._table(shown, whole_words=whole)
        if left_out:
            *others, last = [self.known_as.get(heading, heading) for heading in left_out]
            said = f"{', '.join(others)} and {last}" if others else last
            yield Text(f"Not shown, because the table would be too wide: {said}.", style="dim")

    def _left_out(self, width: int) -> list[str]:
        """The fewest dispensable columns, in their order, without which the rest fits, or all of them."""
        filled, gone = self._filled(), list[str]()
        for heading in self.dispensable:
            if sum(self._widths([h for h in filled if h not in gone], least=True)) <= width:
                break
            if heading in filled:
                gone.append(heading)
        return gone

    def _filled(self) -> list[str]:
        """The headings of columns that have a cell with something in it."""
        return [
            heading
            for place, heading in enumerate(self.headings)
            if any(cells[place].strip() for cells, _, _ in self.rows)
        ]

    def _widths(self, shown: Sequence[str], *, least: bool = False) -> list[int]:
        """Cells that columns need, each with the gap that rich leaves behind it; `least`: names wrapped."""
        found = []
        for place, heading in enumerate(self.headings):
            if heading in shown:
                texts = [heading, *(cells[place] for cells, _, _ in self.rows)]
                whole = max(map(cell_len, texts))
                if place < self.names:
                    word = max((cell_len(part) for text in texts for part in text.split()), default=0)
                    whole = min(whole, word if least else max(word, WIDEST_NAME))
                found.append(whole + 1)
        return found

    def _table(self, shown: Sequence[str], *, whole_words: bool) -> Table:
        table = Table(title=Text(self.title), box=box.SIMPLE_HEAD, show_edge=False, padding=0)
        least = dict(zip(shown, self._widths(shown, least=True), strict=True))
        whole = dict(zip(shown, self._widths(shown), strict=True))
        for place, heading in enumerate(self.headings):
            if heading not in shown:
                continue
            if place < self.names:
                low, high = (least[heading] - 1, whole[heading] - 1) if whole_words else (None, WIDEST_NAME)
                table.add_column(heading, overflow="fold", min_width=low, max_width=high)
            else:
                table.add_column(heading, justify="right", no_wrap=True)
        kept = [place for place, heading in enumerate(self.headings) if heading in shown]
        for cells, style, last in self.rows:
            table.add_row(*(Text(cells[place]) for place in kept), style=style, end_section=last)
        return table
