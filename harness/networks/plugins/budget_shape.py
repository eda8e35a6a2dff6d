"""The shape of a model with all that the budgets of a sweep ask of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from prunebench.eval.cost.file_size import file_bytes
from prunebench.eval.cost.geometry import SECONDS
from prunebench.eval.cost.hooked_clip import once_a_shape
from prunebench.harness.networks.architecture import Architecture
from prunebench.harness.networks.contract.measurable import measurable_of
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.counted_shape import CountedShape
from prunebench.harness.networks.plugins.model_shapes import shape_of
from prunebench.harness.networks.shape import Shape


def shape_for(
    tagger: Tagger,
    files: Sequence[Path | str] = (),
    network: str | None = None,
    *,
    seconds: Sequence[float] = (),
    file: bool = False,
) -> Shape:
    """The shape of a model.

    Args:
        tagger: the unpruned model.
        files, network: as `shape_of` takes them.
        seconds: lengths of clips that costs are wanted for beside 10 s.
        file: whether the bytes of the file are wanted; then the model is written once, into memory.

    Raises:
        InputError: as `shape_of`, and for clips that are too short for the network.
    """
    shape = shape_of(tagger, files, network)
    if isinstance(shape, CountedShape):
        others = dict.fromkeys(length for length in seconds if length != SECONDS)
        counted = [(length, shape_of(tagger, files, network, seconds=length)) for length in others]
        shape = replace(shape, clips=tuple((s, c) for s, c in counted if isinstance(c, CountedShape)))
    if file:
        model = measurable_of(tagger)
        written = once_a_shape(model, "bytes of the file", lambda: file_bytes(model))
        assert isinstance(shape, Architecture | CountedShape)
        shape = replace(shape, other_file_bytes=written - shape.cost("file_bytes"))
    return shape
