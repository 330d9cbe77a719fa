"""Large all-to-all networks of three-level oscillators (Nadolny & Bruder 2023)."""
