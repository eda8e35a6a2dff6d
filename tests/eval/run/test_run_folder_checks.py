import pytest

from prunebench.eval.errors import InputError
from prunebench.eval.run.schema import check_run_folder


def test_an_empty_log_of_records_holds_no_finished_cell(tmp_path):
    (tmp_path / "plan.json").write_text("[]")
    (tmp_path / "records.jsonl").write_text("")
    check_run_folder(tmp_path, finished=False)
    with pytest.raises(InputError, match=r"No cell of .* is finished yet"):
        check_run_folder(tmp_path)
