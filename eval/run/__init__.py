"""The run folder as a format: the record of a cell, the line of a shape, the schema, names and readers of files."""
