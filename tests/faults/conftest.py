"""After a run of the fault tests that keeps what it saw, docs/reliability.md is written anew."""

from __future__ import annotations

import pytest

from tests.faults import ledger


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the page, where a record is wanted."""
    if ledger.wanted():
        ledger.write()
