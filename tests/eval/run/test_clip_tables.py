"""What an archive keeps of test scores is read as it was written, or refused in one sentence."""

import numpy as np
import pytest

from prunebench.eval.errors import InputError
from prunebench.eval.run.clip_tables import ClipTable, ClipTables, joined_tables, read_clip_table
from prunebench.eval.run.layout import RunFiles

NAN = float("nan")
INFLUENCE = np.array([[0.25, -0.25, 0.1], [0.5, NAN, 0.0]], dtype=np.float32)
PRECISION = np.array([[0.5, NAN], [NAN, NAN]])


@pytest.fixture
def files(tmp_path):
    """An archive with a table of three clips and two classes."""
    found = RunFiles(tmp_path)
    ClipTable({"o": 0, "o.fine-tuned": 1}, INFLUENCE, PRECISION).write(found.clips_of("a b"))
    return found


def test_rows_are_kept_to_the_last_bit_and_none_stands_for_what_is_not_defined(files):
    tables = ClipTables(files.folder)
    assert tables.influence("a b", "o", 3).tolist() == INFLUENCE[0].astype(float).tolist()
    assert tables.influence("a b", "o.fine-tuned", 3) is None
    assert np.array_equal(tables.precision("a b", "o", 2), PRECISION[0], equal_nan=True)
    assert tables.precision("a b", "o.fine-tuned", 2) is None
    assert tables.influence("a b", "other", 3) is None
    assert tables.influence("elsewhere", "o", 3) is None
    assert ClipTables(files.folder / "no archive").precision("a b", "o", 2) is None


def test_the_same_table_has_the_same_bytes(files, tmp_path):
    read_clip_table(files.clips_of("a b")).write(tmp_path / "again.npz")
    assert (tmp_path / "again.npz").read_bytes() == files.clips_of("a b").read_bytes()


def test_a_table_that_does_not_fit_the_targets_is_refused(files):
    with pytest.raises(
        InputError, match=r"must have 4 columns in `influence`, as the targets of its archive do. Found 3"
    ):
        ClipTables(files.folder).influence("a b", "o", 4)


@pytest.mark.parametrize(
    "change",
    [
        {"influence": INFLUENCE[:1]},
        {"precision": np.ones((2, 2), int)},
        {"precision": PRECISION[0]},
        {"outcomes": np.array([["o"], ["p"]])},
        {"outcomes": np.array(["o", None])},
        {"influence": np.array([[1.0], [None]])},
    ],
    ids=["rows", "type", "vector", "names", "pickled names", "pickled rows"],
)
def test_arrays_that_are_no_table_are_refused_and_nothing_in_them_is_run(tmp_path, change):
    arrays = {"outcomes": np.array(["o", "p"]), "influence": INFLUENCE, "precision": PRECISION, **change}
    np.savez(tmp_path / "t.npz", **arrays)
    with pytest.raises(
        InputError, match=r"t.npz` must contain a row of|t.npz` must be an npz archive that contains"
    ):
        read_clip_table(tmp_path / "t.npz")


def test_tables_are_joined_and_the_first_of_an_outcome_stays(tmp_path):
    place = [tmp_path / "one", tmp_path / "two"]
    ClipTable({"a": 0, "b": 1}, INFLUENCE, PRECISION).write(place[0] / "synth.npz")
    ClipTable({"b": 0, "c": 1}, 2 * INFLUENCE, PRECISION[::-1].copy()).write(place[1] / "synth.npz")
    (joined,) = joined_tables(place).values()
    assert joined.place == {"a": 0, "b": 1, "c": 2}
    assert np.array_equal(joined.influence, [*INFLUENCE, 2 * INFLUENCE[1]], equal_nan=True)
    assert np.array_equal(joined.precision, [*PRECISION, PRECISION[0]], equal_nan=True)
    (joined,) = joined_tables(place, {"b": place[1]}).values()
    assert joined.place == {"a": 0, "b": 1, "c": 2}
    assert np.array_equal(joined.influence, [INFLUENCE[0], *(2 * INFLUENCE)], equal_nan=True)
    assert np.array_equal(joined.precision, [PRECISION[0], *PRECISION[::-1]], equal_nan=True)
    ClipTable({"d": 0}, INFLUENCE[:1, :2], PRECISION[:1]).write(place[1] / "synth.npz")
    with pytest.raises(InputError, match="must have the same test clips"):
        joined_tables(place)
