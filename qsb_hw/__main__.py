"""``python -m qsb_hw``."""

from qsb_hw.cli.main import main

main()
