"""Assembly, as GNU writes it: gcc makes a program of each cell."""
