import subprocess

from prunebench.harness.workspace import environment


def test_reading_the_commit_leaves_the_index_of_the_clone_alone(tmp_path, monkeypatch):
    def git(*words):
        author = ("-c", "user.name=a", "-c", "user.email=a@b.c")
        subprocess.run(["git", "-C", tmp_path, *author, *words], check=True, capture_output=True)

    module = tmp_path / "environment.py"
    module.write_text("first\n")
    git("init")
    git("add", ".")
    git("commit", "-m", "first")
    module.write_text("first\n")  # a new time of the same content is what makes git refresh its index
    monkeypatch.setattr(environment, "__file__", str(module))
    index = tmp_path / ".git" / "index"
    before = index.stat().st_mtime_ns, index.read_bytes()
    commit = environment._commit()
    assert len(commit) >= 7
    assert (index.stat().st_mtime_ns, index.read_bytes()) == before
    module.write_text("second\n")
    assert environment._commit() == f"{commit}-dirty"
    (tmp_path / "untracked.py").write_text("")
    monkeypatch.setattr(environment, "__file__", str(tmp_path / "untracked.py"))
    assert environment._commit() is None
