"""What limits a device: its noises, its tones, and how often one must look."""
