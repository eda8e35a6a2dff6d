"""What commands print with `--json`: a form for each output, and the JSON Schema that follows from it."""
