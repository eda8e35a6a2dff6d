import os

import pytest

from prunebench.eval.errors import InputError
from prunebench.eval.run.contents import config_table, environment_of, measure_rows, planned_cells
from prunebench.eval.run.layout import RunFiles
from prunebench.eval.run.schema import check_run_folder


def test_an_empty_log_of_records_holds_no_finished_cell(tmp_path):
    (tmp_path / "plan.json").write_text("[]")
    (tmp_path / "records.jsonl").write_text("")
    check_run_folder(tmp_path, finished=False)
    with pytest.raises(InputError, match=r"No cell of .* is finished yet"):
        check_run_folder(tmp_path)


@pytest.mark.skipif(os.name != "posix", reason="pipes of POSIX")
@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("plan.json", planned_cells),
        ("environment.json", environment_of),
        ("config.toml", config_table),
        ("measures.json", measure_rows),
    ],
)
def test_a_pipe_is_not_taken_for_a_file_that_is_absent(tmp_path, name, read):
    assert not read(RunFiles(tmp_path))
    os.mkfifo(tmp_path / name)
    with pytest.raises(InputError, match="is a pipe, but a file is needed"):
        read(RunFiles(tmp_path))
