"""Synchronization of coupled self-oscillators."""
