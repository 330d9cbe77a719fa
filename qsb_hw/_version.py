"""The versions of the package and of its physics, in one place."""

__version__ = "0.2.0"
PHYSICS = 2
"""To be raised with every change after which the same device gives other numbers: stored points are not reused then."""
