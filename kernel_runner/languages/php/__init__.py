"""PHP: a session in one interpreter."""
