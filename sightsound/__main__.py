"""`python -m sightsound` is the command `bench`."""

from sightsound.bench.commands.app import main

main()
