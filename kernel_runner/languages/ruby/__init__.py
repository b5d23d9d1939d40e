"""Ruby: a session in one interpreter."""
