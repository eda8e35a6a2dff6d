"""The stem's outputs are written batch by batch, as the file that NumPy would write at once."""

import io

import numpy as np

from prunebench.harness.cells.base_outputs import _write_batches


def test_batches_make_one_array() -> None:
    whole = np.random.default_rng(0).normal(size=(7, 3, 4, 2)).astype(np.float32)
    stream, expected = io.BytesIO(), io.BytesIO()
    # Channels last in memory, as the stem gives them.
    turned = whole.transpose(0, 2, 3, 1).copy().transpose(0, 3, 1, 2)
    _write_batches(stream, iter([turned[:4], turned[4:]]), 7)
    np.save(expected, whole)
    assert stream.getvalue() == expected.getvalue()
