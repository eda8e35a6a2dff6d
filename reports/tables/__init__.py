"""The tables of a report as CSV, Parquet, Markdown and LaTeX, and for the terminal."""
