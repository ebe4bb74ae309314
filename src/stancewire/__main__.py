"""``python -m stancewire``."""

from stancewire.cli import main

main()
