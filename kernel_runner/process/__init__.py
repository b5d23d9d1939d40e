"""Processes: started by one supervisor, on a terminal, watched, limited and reaped."""
