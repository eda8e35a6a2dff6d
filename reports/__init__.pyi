from .clips import ClipScores
from .detect import Detectable
from .panel import Panel
from .report import Report, make_report
from .run import load_records
from .summary import SummaryRow, summary_rows
from .terminal import terminal_table
from .write import write_report

__all__ = [
    "ClipScores",
    "Detectable",
    "Panel",
    "Report",
    "SummaryRow",
    "load_records",
    "make_report",
    "summary_rows",
    "terminal_table",
    "write_report",
]
