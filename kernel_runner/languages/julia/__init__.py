"""Julia: a session in one julia."""
