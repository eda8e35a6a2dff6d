"""A run folder as reports read it: its records and the scores of its test clips."""
