"""Does a data set say what it is, and is it the same whenever it is built?"""

from __future__ import annotations

import os
import pickle
import random
import subprocess
import sys

import numpy as np
import torch

from prunebench.harness.data.dataset import SPLITS, DataSet
from prunebench.harness.data.plugins.built import digest_of
from prunebench.harness.data.plugins.dataset_registry import declaration_problem
from prunebench.harness.data.plugins.set_problem import set_problem
from prunebench.harness.testing.check_building import global_generators
from prunebench.harness.testing.dataset_under_test import DataSetUnderTest
from prunebench.pruners.label import split_label

HASH_SEED = "271828"  # of a fresh process, in which `set` has another order
# What it runs.
BUILD_AGAIN = """
import importlib, importlib.util, pickle, sys
paths, module, file, builder, root = pickle.load(sys.stdin.buffer)
sys.path[:] = paths
try:
    importlib.import_module(module)
except ModuleNotFoundError:  # a file that was loaded by its path
    spec = importlib.util.spec_from_file_location(module, file)
    sys.modules[module] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules[module])
from pathlib import Path
from prunebench.harness.data.plugins.built import digest_of
print(digest_of(pickle.loads(builder).build(None if root is None else Path(root))))
"""


def check_declaration(subject: DataSetUnderTest) -> None:
    """The class declares itself as the contract asks, and its label gives it back."""
    builder = subject.builder
    if builder is None:
        return
    problem = declaration_problem(type(builder))
    assert problem is None, problem
    name, parameters = split_label(builder.label, "data set")
    assert (name, type(builder)(**parameters)) == (builder.name, builder), (
        f"label {builder.label!r} must give back {builder!r}: use numbers, booleans or words without commas as "
        "parameters."
    )
    copy = pickle.loads(pickle.dumps(builder))
    assert (copy, hash(copy)) == (builder, hash(builder)), (
        "a pickled copy must be equal to the original and have the same hash: keep all state in fields of "
        "immutable types."
    )


def check_form(subject: DataSetUnderTest) -> None:
    """Three splits, disjoint by name and by source, of one rate, with targets of the classes."""
    problem = set_problem(subject.data)
    assert problem is None, problem


def check_classes(subject: DataSetUnderTest) -> None:
    """What is tested can be learned: a class with validation or test clips has training clips."""
    data = subject.data
    trained = data.training.targets.any(0)
    for split in ("validation", "test"):
        untrained = np.flatnonzero(data.split(split).targets.any(0) & ~trained)
        assert not len(untrained), (
            f"a class of split `{split}` must have training clips. Class `{data.class_names[untrained[0]]}` has none: "
            "check the split, or leave the class out."
        )


def check_repeats(subject: DataSetUnderTest) -> None:
    """Built twice it is equal, whatever the global seeds are, and reading a clip changes no other."""
    state = torch.random.get_rng_state(), np.random.get_state(), random.getstate()  # noqa: NPY002
    try:
        torch.manual_seed(1)
        np.random.seed(1)  # noqa: NPY002 - the global state is what is checked
        random.seed(1)
        before = global_generators()
        again = subject.make()
        read = {split: again.split(split).waveform(int(subject.drawn(split)[0])) for split in SPLITS}
        untouched = before == global_generators()
    finally:
        torch.random.set_rng_state(state[0])
        np.random.set_state(state[1])  # noqa: NPY002
        random.setstate(state[2])
    assert untouched, (
        "the global generators of torch, NumPy and `random` must stay as they are: draw from "
        "`np.random.default_rng(seed)`."
    )
    _check_equal(subject.data, again)
    for split in SPLITS:
        clips, drawn = subject.data.split(split), subject.drawn(split)
        first, last = int(drawn[0]), int(drawn[-1])
        found = [clips.waveform(first), clips.waveform(last), clips.waveform(first)]
        assert np.array_equal(found[0], found[2]) and np.array_equal(found[0], read[split]), (  # noqa: PT018
            f"clip `{clips.names[first]}` must have the same waveform whenever it is read: draw what is random from a "
            "generator that is seeded with the index of the clip."
        )


def check_fresh_process(subject: DataSetUnderTest) -> None:
    """A fresh process builds the same, where `set` has another order; workers of a sweep are such processes."""
    builder = subject.builder
    if builder is None or type(builder).__module__ == "__main__":  # a notebook's class is in no file
        return
    module = type(builder).__module__
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", BUILD_AGAIN],
        input=pickle.dumps(
            (sys.path, module, sys.modules[module].__file__, pickle.dumps(builder), subject.root)
        ),
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONHASHSEED": HASH_SEED},
    )
    said = done.stderr.decode(errors="replace").strip().splitlines()
    assert done.returncode == 0, (
        f"a fresh process must build the data set. Found {said[-1] if said else 'no message'}."
    )
    assert done.stdout.decode().strip() == digest_of(subject.data), (
        "a fresh process must build the same classes, clips, targets and sources in the same order. It builds others: "
        "sort what comes from a `set`, from a folder or from `hash`."
    )


def _check_equal(one: DataSet, other: DataSet) -> None:
    assert digest_of(one) == digest_of(other), (
        "two data sets that `build` returns must be equal. They differ in classes, names, targets, sources or "
        "lengths: sort what comes from a `set` or a folder, and draw from a generator with a seed."
    )
    assert dict(one.identity) == dict(other.identity), (
        "two data sets that `build` returns must have the same identity: leave out what changes from call to call."
    )
