"""Matrices, symmetry sectors and steady-state solvers; no physics names."""
