"""A service with its own `jobs_repository.py` adopts the library: `examples/adopt/`, before and after."""
