"""Whole questions, joining the rooms below."""
