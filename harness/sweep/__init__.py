"""All cells of a plan: dependency graph, execution, ledger, run folder, shapes, forecast, merge."""
