"""C: whole programs, through whichever compiler there is."""
