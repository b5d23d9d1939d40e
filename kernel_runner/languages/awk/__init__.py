"""AWK: GNU awk runs each cell as a script."""
