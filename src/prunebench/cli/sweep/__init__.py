"""The verbs of a sweep: run, status, report, merge, archive, verify."""
