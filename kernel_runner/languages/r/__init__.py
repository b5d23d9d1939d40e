"""R: a session in one R."""
