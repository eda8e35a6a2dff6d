from .catalogue import DESCRIPTIONS, folds, names, open_dataset
from .data_set_builder import DataSetBuilder
from .dataset import SPLITS, Clips, DataSet
from .options import DataOptions

__all__ = [
    "DESCRIPTIONS",
    "SPLITS",
    "Clips",
    "DataOptions",
    "DataSet",
    "DataSetBuilder",
    "folds",
    "names",
    "open_dataset",
]
