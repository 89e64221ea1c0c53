"""What the library costs beside the same calls written by hand with boto3: `python -m benchmarks`."""
