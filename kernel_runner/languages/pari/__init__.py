"""PARI/GP: each cell is a script for gp."""
