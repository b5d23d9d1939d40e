"""What helps a person while typing; no module here ever waits for a running cell."""
