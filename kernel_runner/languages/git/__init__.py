"""Git: commands, and the commit graph as a picture."""
