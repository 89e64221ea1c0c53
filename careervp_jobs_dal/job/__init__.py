"""The vocabulary of jobs: a record's attributes, their valid values, and the moves between statuses. No I/O."""
