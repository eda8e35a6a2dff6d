import pytest

from prunebench.eval.runtime import quiet


@pytest.mark.parametrize(
    ("percent", "said"), [(0.0, None), (20.0, None), (20.5, "20%"), (50.0, "50%"), (100.0, "100%")]
)
def test_a_busy_machine_is_said_with_its_share(monkeypatch, percent, said):
    monkeypatch.setattr(quiet.psutil, "cpu_percent", lambda seconds: percent)
    found = quiet.busy_processors()
    assert found is None if said is None else f"processors {said} busy" in str(found)
