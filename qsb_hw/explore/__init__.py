"""Many analyses: sweeps, designs, tolerances, maps."""
