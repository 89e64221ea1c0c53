"""The operator's calls: list, recover, retry, purge and count jobs."""
