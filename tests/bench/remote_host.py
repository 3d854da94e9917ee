"""`python -m tests.bench.remote_host NAME WORDS`: the command in the toy's world, on a host of that name.

What the command takes for the machine is the name, so processes of two hosts do not see each other; and it sends
and looks at locks in a hundredth of the usual time.
"""

from __future__ import annotations

import socket
import sys

from sightsound.bench.commands.app import main
from sightsound.bench.remote import lock, runs
from tests import toy

if __name__ == "__main__":
    name = sys.argv.pop(1)
    socket.gethostname = lambda: name
    lock._home = lambda: name
    lock.BEAT_S, lock.EXPIRY_S, lock.LOOK_S = 0.1, 0.9, 0.5
    runs.SEND_EVERY_S = 0.1
    toy.register()
    main()
