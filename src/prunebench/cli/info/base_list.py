"""What `prunebench list bases` shows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

COLUMNS = ("name", "seeds", "network", "classes", "test mAP", "bytes", "from", "note")


def listed_bases() -> list[dict[str, Any]]:
    """A row a set of frozen base models; one that cannot be read, or a distribution that brings none, has a note."""
    return [{**row, "note": f"cannot be used: {why}" if why else ""} for row, why in found_bases()]


def found_bases() -> Iterator[tuple[dict[str, Any], str]]:
    """The rows without their notes, each with why the set cannot be used, empty where it can."""
    from prunebench.eval.errors import InputError
    from prunebench.harness.frozen.installed_bases import base_folders, installed_sets

    for found in installed_sets().values():
        why = ""
        row: dict[str, Any] = {
            **dict.fromkeys(COLUMNS, ""),
            "name": found.name,
            "seeds": ", ".join(map(str, found.seeds)),
            "from": ", ".join(found.homes),
        }
        try:
            files = [found.of_seed(seed) for seed in found.seeds]
            metadata = [file.metadata() for file in files]
            low, high = (pick(said.quality.test_map for said in metadata) for pick in (min, max))
            row |= {
                "network": metadata[0].network,
                "classes": len(metadata[0].class_names),
                "test mAP": f"{low:.3f}" if len(metadata) == 1 else f"{low:.3f} to {high:.3f}",
                "bytes": sum(file.path.stat().st_size for file in files),
            }
        except InputError as error:
            why = str(error)
        yield row, why
    for home, why in base_folders()[1].items():
        yield {**dict.fromkeys(COLUMNS, ""), "from": home}, why
