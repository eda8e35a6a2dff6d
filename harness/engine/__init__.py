"""Tasks, who carries them out (this process, worker processes, a Dask cluster) and their progress."""
