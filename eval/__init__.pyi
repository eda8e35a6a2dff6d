from .cost.activations import activation_peak_bytes
from .cost.complexity import (
    Macs,
    cnn14_macs,
    count_macs,
    count_parameters,
    layer_macs,
    layer_parameters,
    panns_flops,
    parameter_bytes,
)
from .cost.counters import COUNTERS, fvcore_macs, thop_macs
from .cost.file_size import compressed_file_bytes, file_bytes
from .cost.layer_counts import layer_counts
from .cost.module_counters import Count
from .errors import InputError
from .measures.measure_contract import Measure, ModelMeasure, QualityMeasure, ShapeMeasure
from .measures.measure_registry import get_measure, measure_names
from .quality.accuracy import accuracy
from .quality.agreement import Agreement, kendall_tau, overlap, spearman_rho
from .quality.average_precision import (
    MeanAP,
    average_precision,
    mean_average_precision,
    micro_average_precision,
)
from .quality.bootstrap import bootstrap_average_precision, resample_counts
from .quality.influence import clip_influences
from .quality.label_ranking import lwlrap
from .quality.roc import d_prime, roc_auc
from .run.record import Record, load_records
from .runtime.child import MeasurementError, in_child
from .runtime.latency import Effort, compare_latency
from .runtime.memory import peak_memory

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
    "clip_influences",
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
