import pytest

from prunebench.eval.runtime import quiet


@pytest.mark.parametrize(
    ("percent", "said"), [(0.0, None), (20.0, None), (20.5, "20%"), (50.0, "50%"), (100.0, "100%")]
)
def test_a_busy_machine_is_said_with_its_share(monkeypatch, percent, said):
    looked = []
    monkeypatch.setattr(quiet.psutil, "cpu_percent", lambda seconds: looked.append(seconds) or percent)
    found = quiet.busy_processors()
    assert looked == [0.3]  # seconds, of which nobody is made to wait more
    assert found is None if said is None else f"processors were {said} busy" in str(found)
