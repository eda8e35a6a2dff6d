"""Numbers with intervals: differences, rankings, blocks, hypervolume, attainment, overlap."""
