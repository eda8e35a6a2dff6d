"""Makes a set of frozen base models: `python -m prunebench.harness.freezing CONFIG.toml -o FOLDER`."""
