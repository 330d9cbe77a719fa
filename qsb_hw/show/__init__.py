"""Text and HTML made from results."""
