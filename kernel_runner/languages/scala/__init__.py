"""Scala 2.13, in one JVM."""
