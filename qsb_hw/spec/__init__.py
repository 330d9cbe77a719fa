"""From TOML text to a frozen spec with every unit checked and every error reported at once."""
