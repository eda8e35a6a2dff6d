"""The gate: values of now against those of a baseline, exact or paired, and the answer in Markdown and JUnit."""
