"""Adiabatic elimination, and how far it can be trusted."""
