import csv
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def few_clips(tmp_path: Path) -> Callable[..., Path]:
    """A folder in ESC-50's layout with links to a few recordings of another one."""

    def make(of: Path, fold_clips: dict[int, int], classes: set[str] | None = None) -> Path:
        """Of each class so many recordings a fold."""
        root = tmp_path / "few-clips"
        (root / "meta").mkdir(parents=True)
        (root / "audio").mkdir()
        with (of / "meta" / "esc50.csv").open(newline="") as stream:
            rows = list(csv.DictReader(stream))
        kept = []
        for row in rows:
            key = (row["fold"], row["category"])
            taken = sum((other["fold"], other["category"]) == key for other in kept)
            wanted = classes is None or row["category"] in classes
            if wanted and taken < fold_clips.get(int(row["fold"]), 0):
                kept.append(row)
                (root / "audio" / row["filename"]).symlink_to(of / "audio" / row["filename"])
        with (root / "meta" / "esc50.csv").open("w", newline="") as stream:
            table = csv.DictWriter(stream, rows[0].keys())
            table.writeheader()
            table.writerows(kept)
        return root

    return make
