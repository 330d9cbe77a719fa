"""Platforms: from a spec to self-oscillators, a coupling, and the platform's own criteria."""
