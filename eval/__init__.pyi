from .agreement import Agreement, kendall_tau, overlap, spearman_rho
from .bootstrap import bootstrap_average_precision, resample_counts
from .child import MeasurementError, in_child
from .complexity import (
    Macs,
    cnn14_macs,
    count_macs,
    count_parameters,
    layer_macs,
    layer_parameters,
    panns_flops,
    parameter_bytes,
)
from .counters import COUNTERS, fvcore_macs, thop_macs
from .errors import InputError
from .label_ranking import lwlrap
from .latency import Effort, compare_latency
from .layer_counts import Count, layer_counts
from .measure import Measure, ModelMeasure, QualityMeasure, ShapeMeasure
from .measures import get_measure, measure_names
from .memory import activation_peak_bytes, peak_memory
from .quality import MeanAP, average_precision, mean_average_precision, micro_average_precision
from .record import Record, load_records
from .roc import d_prime, roc_auc
from .single_label import accuracy
from .storage import compressed_file_bytes, file_bytes

__all__ = [
    "COUNTERS",
    "Agreement",
    "Count",
    "Effort",
    "InputError",
    "Macs",
    "MeanAP",
    "Measure",
    "MeasurementError",
    "ModelMeasure",
    "QualityMeasure",
    "Record",
    "ShapeMeasure",
    "accuracy",
    "activation_peak_bytes",
    "average_precision",
    "bootstrap_average_precision",
    "cnn14_macs",
    "compare_latency",
    "compressed_file_bytes",
    "count_macs",
    "count_parameters",
    "d_prime",
    "file_bytes",
    "fvcore_macs",
    "get_measure",
    "in_child",
    "kendall_tau",
    "layer_counts",
    "layer_macs",
    "layer_parameters",
    "load_records",
    "lwlrap",
    "mean_average_precision",
    "measure_names",
    "micro_average_precision",
    "overlap",
    "panns_flops",
    "parameter_bytes",
    "peak_memory",
    "resample_counts",
    "roc_auc",
    "spearman_rho",
    "thop_macs",
]
