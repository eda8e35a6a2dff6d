from .gate.change import COLUMNS, Change, Verdict, verdict_of
from .gate.check import check
from .gate.junit import junit_xml
from .gate.markdown import markdown
from .gate.mean_change import MeanChange, paired_change, unpaired_change
from .gate.uncovered import uncovered
from .gate.updated import updated
from .papers.claim import Claim, Finding
from .papers.published import EVALUATION, PublishedPoint, published_points
from .regression.base_models import keeping_spread, with_spread
from .regression.baseline import Baseline, MadeWith, load_baseline, save_baseline, write_baseline
from .regression.committed import baseline_path, committed_baselines, committed_folder, committed_path
from .regression.entries import entries_of_run, entry_name
from .regression.figures_of_model import figures_of_model
from .regression.operating_point import COSTS, MODEL_ENTRY, BaseSpread, Figures, Quality, Speed
from .regression.run_quality import RunQuality
from .regression.tolerances import Allowance, Margin, Tolerances

__all__ = [
    "COLUMNS",
    "COSTS",
    "EVALUATION",
    "MODEL_ENTRY",
    "Allowance",
    "BaseSpread",
    "Baseline",
    "Change",
    "Claim",
    "Figures",
    "Finding",
    "MadeWith",
    "Margin",
    "MeanChange",
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
    "keeping_spread",
    "load_baseline",
    "markdown",
    "paired_change",
    "published_points",
    "save_baseline",
    "uncovered",
    "unpaired_change",
    "updated",
    "verdict_of",
    "with_spread",
    "write_baseline",
]
