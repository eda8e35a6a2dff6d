"""The HTML page of a report: its data, tables, scripts and style."""
