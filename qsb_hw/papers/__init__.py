"""The results of published papers as functions; their parameters live only here."""
