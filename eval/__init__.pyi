from .errors import InputError
from .record import Record, load_records

__all__ = ["InputError", "Record", "load_records"]
