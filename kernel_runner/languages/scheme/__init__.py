"""Scheme: sessions in GNU Guile."""
