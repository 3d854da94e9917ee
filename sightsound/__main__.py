"""`python -m sightsound` is the command `bench`."""

import os
import sys

# `-m` puts the working folder first on the path; a stray `json.py` there would be imported by everybody.
if sys.path and sys.path[0] in ("", os.getcwd()):  # noqa: PTH109  # pathlib is not imported yet
    del sys.path[0]

from sightsound.bench.commands.app import main

main()
