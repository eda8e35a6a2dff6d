"""The commands of a sweep: run, status, report, merge, archive, verify."""
