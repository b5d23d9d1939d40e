"""Kotlin, in one JVM."""
