"""A device under given conditions, solved as far as asked."""
