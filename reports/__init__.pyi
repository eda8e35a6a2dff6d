from .content.report import Report
from .points.panel import Panel
from .report_of_runs import make_report
from .runs.clips import ClipScores
from .runs.loaded_run import load_records
from .statistics.detectable import Detectable
from .statistics.summary_rows import SummaryRow, summary_rows
from .tables.frame import load_frame
from .tables.methods_terminal import terminal_methods
from .tables.terminal import terminal_table
from .writing import write, write_report

__all__ = [
    "ClipScores",
    "Detectable",
    "Panel",
    "Report",
    "SummaryRow",
    "load_frame",
    "load_records",
    "make_report",
    "summary_rows",
    "terminal_methods",
    "terminal_table",
    "write",
    "write_report",
]
