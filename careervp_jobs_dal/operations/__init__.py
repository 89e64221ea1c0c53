"""The operator's calls, which go through many jobs: list, recover, retry, purge, count."""
