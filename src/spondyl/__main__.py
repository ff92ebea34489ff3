"""`python -m spondyl`."""

from spondyl.app.cli import main

main()
