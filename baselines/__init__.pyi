from .baseline import Baseline, MadeWith, load_baseline, save_baseline
from .committed import committed_baselines, committed_path
from .figures import COSTS, MODEL_ENTRY, Figures, entries_of_run, entry_name
from .gate import COLUMNS, Change, Verdict, check, verdict_of
from .published import EVALUATION, PublishedPoint, published_points

__all__ = [
    "COLUMNS",
    "COSTS",
    "EVALUATION",
    "MODEL_ENTRY",
    "Baseline",
    "Change",
    "Figures",
    "MadeWith",
    "PublishedPoint",
    "Verdict",
    "check",
    "committed_baselines",
    "committed_path",
    "entries_of_run",
    "entry_name",
    "load_baseline",
    "published_points",
    "save_baseline",
    "verdict_of",
]
