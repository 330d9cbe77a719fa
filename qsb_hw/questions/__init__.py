"""Whole questions about a device: verdict, approximations, noise, tones, detection, ensembles."""
