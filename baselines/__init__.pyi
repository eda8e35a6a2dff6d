from .baseline import Baseline, MadeWith, load_baseline, save_baseline, write_baseline
from .change import COLUMNS, Change, Verdict, verdict_of
from .claim import Claim, Finding
from .committed import baseline_path, committed_baselines, committed_folder, committed_path
from .entries import entries_of_run, entry_name
from .figures import COSTS, MODEL_ENTRY, Figures, Quality, Speed
from .gate import check
from .gate_junit import junit_xml
from .gate_markdown import markdown
from .model_figures import figures_of_model
from .paired import PairedChange, paired_change
from .published import EVALUATION, PublishedPoint, published_points
from .run_quality import RunQuality
from .tolerances import Allowance, Margin, Tolerances
from .uncovered import uncovered
from .updated import updated

__all__ = [
    "COLUMNS",
    "COSTS",
    "EVALUATION",
    "MODEL_ENTRY",
    "Allowance",
    "Baseline",
    "Change",
    "Claim",
    "Figures",
    "Finding",
    "MadeWith",
    "Margin",
    "PairedChange",
    "PublishedPoint",
    "Quality",
    "RunQuality",
    "Speed",
    "Tolerances",
    "Verdict",
    "baseline_path",
    "check",
    "committed_baselines",
    "committed_folder",
    "committed_path",
    "entries_of_run",
    "entry_name",
    "figures_of_model",
    "junit_xml",
    "load_baseline",
    "markdown",
    "paired_change",
    "published_points",
    "save_baseline",
    "uncovered",
    "updated",
    "verdict_of",
    "write_baseline",
]
