"""Those who race: each does the same work in its own way, in a process and an environment of its own."""
