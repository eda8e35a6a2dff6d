"""What cases on checkpoints share: small models, files of them, verbs that read them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from cases import DONE, Case, Ended, Place
from kit import model

State = dict[str, Any]
CONTROL = "bad\x1b[31m\x07\x9bname\u202e\nx"


def saved(place: Place, found: object, name: str = "w.pth", **options: Any) -> str:
    place.at.joinpath(name).parent.mkdir(parents=True, exist_ok=True)
    torch.save(found, place.at / name, **options)
    return name


def state_of(**options: Any) -> State:
    return dict(model(**options).state_dict())


def verb(place: Place, file: str) -> tuple[list[str], tuple[str, ...]]:
    """A verb that reads the checkpoint, and what it writes."""
    chosen = place.chance.choice(("measure", "export", "prune", "score", "tag", "baseline", "check"))
    if chosen == "tag":
        return ["tag", file, place.put("x.wav")], ()
    if chosen == "check":
        return ["check", file, "--baseline", place.put("baseline.json")], ()
    if chosen == "export":
        style = place.chance.choice(("panns", "prunebench", "state-dict", "safetensors"))
        return ["export", file, "--format", style, "-o", "out.bin"], ("out.bin",)
    if chosen == "prune":
        return ["prune", file, "--pruner", "l1", "--ratio", "0.5", "-o", "out.pth"], ("out.pth",)
    if chosen == "score":
        return ["score", file, "--pruner", "l1", "-o", "scores"], ("scores",)
    if chosen == "baseline":
        return ["baseline", "save", file, "-o", "out.json"], ("out.json",)
    return ["measure", file, *(["--json"] if place.chance.random() < 0.5 else [])], ()


def refused(place: Place, file: str, says: str | None = None) -> Case:
    words, writes = verb(place, file)
    return Case(words, writes=writes, says=says)


def same_weights(expected: State) -> Callable[[Ended], str | None]:
    """The export of the file holds these weights."""

    def check(ended: Ended) -> str | None:
        found = torch.load(ended.at / "out.pth", weights_only=True)["model"]
        if found.keys() != expected.keys():
            return f"other weights: {sorted(found.keys() ^ expected.keys())[:2]}"
        wrong = [k for k in expected if not torch.equal(found[k].double(), expected[k].double())]
        return f"another value of {wrong[0]}" if wrong else None

    return check


def reads(file: str, expected: State) -> Case:
    words = ["export", file, "--format", "panns", "-o", "out.pth"]
    return Case(words, DONE, ("out.pth",), check=same_weights(expected))
