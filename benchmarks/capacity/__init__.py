"""The capacity units that jobs consume, by DynamoDB's documented rules: `python -m benchmarks.capacity`."""
