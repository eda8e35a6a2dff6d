"""What a sweep tells while it chooses a rate: nothing of the test clips."""

from prunebench.harness.config.config import Config
from prunebench.harness.engine.progress import News, Progress
from prunebench.harness.sweep.sweep import run_sweep
from prunebench.harness.workspace.cache import Cache


def told(rates: list[float], tmp_path) -> list[News]:
    """The news of a tiny sweep, in order."""
    config = Config.model_validate(
        {
            "workers": 0,
            "data": {"training_clips": 12, "validation_clips": 8, "test_clips": 8, "seconds": 0.5},
            "model": {"width": 1 / 64},
            "base": {"steps": 2, "batch": 4},
            "prune": {"criteria": ["l1", "random"], "ratios": [0.5], "seeds": [0]},
            "finetune": {"seeds": [0], "steps": 2, "batch": 4, "rates": rates, "rate_ratios": [0.5]},
            "measure": {"latency": False},
        }
    )
    news: list[News] = []

    class Kept:
        def show(self, progress: Progress, one: News | None) -> None:
            news.extend([one] if one else [])

    run_sweep(config, tmp_path / "run", Cache(tmp_path / "cache"), [Kept()])
    return news


def test_no_test_map_is_told_until_the_rate_is_chosen(tmp_path):
    news = told([1e-3, 3e-3], tmp_path)
    last_trial = max(i for i, one in enumerate(news) if one.phase == "learning rates")
    before, after = news[: last_trial + 1], news[last_trial + 1 :]
    assert not [one for one in before if "test mAP" in one.text]
    for phase in ("base models", "learning rates"):
        assert all(one.text.startswith("validation mAP 0.") for one in news if one.phase == phase)
    cells = [one.text for one in after if one.phase == "cells"]
    assert len(cells) >= 3
    assert all(text.startswith("test mAP 0.") for text in cells)


def test_with_one_rate_cells_tell_their_test_map_at_once(tmp_path):
    news = told([1e-3], tmp_path)
    assert not [one for one in news if one.phase == "learning rates"]
    cells = [one.text for one in news if one.phase == "cells"]
    assert cells
    assert all(text.startswith("test mAP 0.") for text in cells)
