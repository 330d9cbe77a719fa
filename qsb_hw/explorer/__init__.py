"""A local page on which the numbers of a file are moved and their consequences seen at once."""
