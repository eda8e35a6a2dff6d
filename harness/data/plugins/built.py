"""The data set of a plug-in, checked, with an identity of its own."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from prunebench.eval.errors import InputError
from prunebench.eval.text.foreign_code import foreign_code
from prunebench.harness.data.data_set_builder import DataSetBuilder
from prunebench.harness.data.dataset import SPLITS, DataSet
from prunebench.harness.data.options import DataOptions
from prunebench.harness.data.plugins.dataset_registry import DATA_SETS, resolve_builder
from prunebench.harness.data.plugins.guarded_clips import GuardedClips
from prunebench.harness.data.plugins.set_problem import set_problem
from prunebench.harness.networks.plugins.plugin_code import content_of

VERSION = 1  # raised when what the suite adds to an identity changes


def built(options: DataOptions) -> DataSet:
    """The data set that the options name, which `known` has seen.

    Raises:
        InputError: for a folder that is not there, whatever the plug-in raises, or a data set that breaks the contract.
    """
    builder = resolve_builder(options.name, options.files)
    root = None if options.root is None else Path(options.root).expanduser()
    if root is not None and not root.is_dir():
        raise InputError(
            f"There is no folder `{root}`: set option `root` to the folder with {builder.holds}."
        )
    title, file = f"Data set `{builder.label}`", content_of(type(builder), DATA_SETS)
    with foreign_code(f"{title} must be built"):
        found = builder.build(root)
        problem = set_problem(found)
    if problem is not None:
        raise InputError(f"{title} does not meet the contract: {problem}")
    samples = int(found.samples)
    guarded = {
        split: GuardedClips(found.split(split), title, samples, type(builder).__module__) for split in SPLITS
    }
    return replace(
        found,
        label=options.label,
        identity=_identity(builder, file, found),
        class_names=tuple(found.class_names),
        samples=samples,
        sample_rate=int(found.sample_rate),
        training=guarded["training"],
        validation=guarded["validation"],
        test=guarded["test"],
    )


def _identity(builder: DataSetBuilder, file: str | None, found: DataSet) -> dict[str, object]:
    """All that decides the clips, as far as it can be seen without reading them, and what the author adds."""
    identity: dict[str, object] = {
        "name": builder.name,
        "version": builder.version,
        "built": VERSION,
        "parameters": {key: str(value) for key, value in asdict(builder).items()},
        "clips": digest_of(found),
        "own": dict(found.identity),
    }
    return identity if file is None else {**identity, "content": file}


def digest_of(found: DataSet) -> str:
    """Hash of classes, lengths, names, sources and targets."""
    whole = hashlib.blake2b(digest_size=16)
    whole.update(json.dumps([list(found.class_names), int(found.samples), int(found.sample_rate)]).encode())
    for split in SPLITS:
        clips = found.split(split)
        whole.update(json.dumps([list(clips.names), [list(sources) for sources in clips.sources]]).encode())
        whole.update(np.packbits(clips.targets).tobytes())
    return whole.hexdigest()
