"""Sweeps: axes, measures, a store that survives accidents, and the worker pool."""
