"""Tables for the terminal, as rich renderables."""
