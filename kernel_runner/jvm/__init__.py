"""The languages of the JVM: the agent in Java that they share, and what starts it."""
