"""What only a machine can tell: latency, memory, energy and backends, each measured in a fresh process."""
