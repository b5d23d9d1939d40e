"""Groovy, in one JVM."""
