"""Java, through the JShell API."""
