"""Objective-C: gcc compiles each cell, with GNUstep, as a program of its own."""
