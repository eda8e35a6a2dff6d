import re

import pytest

from prunebench.eval.errors import InputError
from prunebench.harness.data.recordings.esc50_table import Recording, read_table

HEAD = "filename,fold,target,category,esc10,src_file,take\n"


def written(tmp_path, text):
    path = tmp_path / "esc50.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_rows_are_sorted_by_file_name(tmp_path):
    path = written(tmp_path, HEAD + "b.wav,2,5,cow,True,99,A\na.ogg,1,0,dog,False,98,A\n")
    assert read_table(path, subset=False) == [
        Recording("a.ogg", 1, 0, "dog", "98"),
        Recording("b.wav", 2, 5, "cow", "99"),
    ]
    assert [row.filename for row in read_table(path, subset=True)] == ["b.wav"]


def test_byte_order_mark_windows_ends_quotes_and_other_columns_are_read(tmp_path):
    path = written(
        tmp_path, '\ufefffilename,take,fold,target,category,src_file\r\n"a,b.wav",A,1,0,dog,98\r\n'
    )
    assert read_table(path, subset=False) == [Recording("a,b.wav", 1, 0, "dog", "98")]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "It lacks filename, fold, target, category, src_file"),
        ("filename,fold,target\n", "It lacks category, src_file"),
        (HEAD, "must have at least one row below its heading. Found none"),
        (HEAD + "a.wav,1,0,dog,True,,A\n", "line 2, must have a value in each column. It lacks src_file"),
        (
            HEAD + "a.wav,1,0,dog,True\n",
            "line 2, must have 7 cells, as its heading has. Found 5: add the missing cells",
        ),
        (
            HEAD + "a.wav,1,0,dog,True,9,A,B\n",
            "line 2, must have 7 cells, as its heading has. Found 8: put text that contains",
        ),
        (HEAD + f"a.wav,{'9' * 5000},0,dog,True,9,A\n", "`fold` must be an integer"),
        (
            HEAD + "a.wav,1234567890,0,dog,True,9,A\n",
            "`fold` must be an integer of at least 0. Found `1234567890`",
        ),
        (HEAD + "a.wav,1,1234567890,dog,True,9,A\n", "`target` must be an integer"),
        (HEAD + "a.wav,one,0,dog,True,9,A\n", "line 2: `fold` must be an integer of at least 0. Found `one`"),
        (HEAD + "a.wav,1,-4,dog,True,9,A\n", "`target` must be an integer of at least 0. Found `-4`"),
        (HEAD + "a.wav,²,0,dog,True,9,A\n", "Found `²`"),
        (
            HEAD + "../a.wav,1,0,dog,True,9,A\n",
            "must be the plain name of a file in `audio/`. Found `../a.wav`",
        ),
        (HEAD + "..,1,0,dog,True,9,A\n", "must be the plain name"),
        (HEAD + "/etc/passwd,1,0,dog,True,9,A\n", "must be the plain name"),
        (HEAD + "a.wav,1,0,dog,True,9,A\na.wav,2,0,dog,True,9,A\n", "Found `a.wav` twice"),
        (HEAD + "a.wav,1,0,dog,True,9,A\nb.wav,1,0,cat,True,9,A\n", "Found `dog` and `cat` for target 0"),
        (HEAD + "a.wav,1,0,dog,True,9,A\nb.wav,1,1,dog,True,9,A\n", "Found several for `dog`"),
        (b"\xff\xfe\x00binary", "must be a CSV file in UTF-8"),
    ],
)
def test_a_table_that_cannot_be_used_is_named(tmp_path, text, sentence):
    with pytest.raises(InputError, match=re.escape(sentence)) as caught:
        read_table(written(tmp_path, text), subset=False)
    assert "esc50.csv" in str(caught.value)


def test_numbers_of_nine_digits_are_read(tmp_path):
    path = written(tmp_path, HEAD + "a.wav,123456789,987654321,dog,True,98,A\n")
    assert read_table(path, subset=False) == [Recording("a.wav", 123456789, 987654321, "dog", "98")]


@pytest.mark.parametrize("separator", [";", "\t"])
def test_as_a_spreadsheet_writes_it(tmp_path, separator):
    text = "\ufeff" + HEAD.upper() + "a.wav,1,0,dog,TRUE,98,A,,\r\n"
    path = written(tmp_path, text.replace(",", separator))
    assert read_table(path, subset=True) == [Recording("a.wav", 1, 0, "dog", "98")]


def test_subset_needs_its_column_and_a_row(tmp_path):
    with pytest.raises(InputError, match="It lacks esc10"):
        read_table(written(tmp_path, "filename,fold,target,category,src_file\n"), subset=True)
    with pytest.raises(InputError, match="at least one row whose column `esc10` is true"):
        read_table(written(tmp_path, HEAD + "a.wav,1,0,dog,False,9,A\n"), subset=True)


def test_absent_table(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        read_table(tmp_path / "esc50.csv", subset=False)
