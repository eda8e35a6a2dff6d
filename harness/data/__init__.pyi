from .catalogue import DESCRIPTIONS, folds, names, open_dataset
from .dataset import SPLITS, Clips, DataSet
from .options import DataOptions

__all__ = ["DESCRIPTIONS", "SPLITS", "Clips", "DataOptions", "DataSet", "folds", "names", "open_dataset"]
