"""Python: a session in whatever interpreter is configured."""
