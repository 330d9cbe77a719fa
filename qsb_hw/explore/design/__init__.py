"""Inverse design: which numbers to build, given what is wanted and what must hold."""
