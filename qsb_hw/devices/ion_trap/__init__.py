"""Ions in anharmonic wells, damped and amplified on their motional sidebands, coupled by the Coulomb force."""
