"""Haskell: a session in GHC's own interpreter."""
