"""bc: GNU bc runs each cell as a script."""
