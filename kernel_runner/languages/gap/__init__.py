"""GAP: a session in one GAP."""
