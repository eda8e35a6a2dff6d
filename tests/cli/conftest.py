import pytest

from prunebench.cli import main


@pytest.fixture
def cli(monkeypatch, capsys, tmp_path):
    """Runs the command line in an empty folder; gives exit code, standard output and error."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PRUNEBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("COLUMNS", raising=False)

    def call(*words):
        monkeypatch.setattr("sys.argv", ["prunebench", *map(str, words)])
        with pytest.raises(SystemExit) as stop:
            main()
        found = capsys.readouterr()
        return stop.value.code, found.out, found.err

    return call
