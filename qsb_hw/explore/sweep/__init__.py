"""Studies over many points: axes, measures, a store that survives accidents, and whoever does the work."""
