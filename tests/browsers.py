"""Tests that need a browser: where there is none, the last lines of the test run say how many did not run."""

from __future__ import annotations

import importlib.util

import pytest

from sightsound.bench.perf import chromium

NO_BROWSER = "needs a browser"
"""Begins the reason for which such a test is skipped."""


def lacking() -> str:
    """What there is not and how to get it; empty where a browser can be driven."""
    if importlib.util.find_spec("playwright") is None:
        return "playwright is not installed: the extra `dev` has it (make env)"
    return "" if chromium.find() else f"no Chromium is here: {chromium.HOW}"


def require() -> None:
    """Skip the test where no browser is; `summary` says so at the end."""
    if why := lacking():
        pytest.skip(f"{NO_BROWSER}: {why}")


def summary(reporter: pytest.TerminalReporter) -> None:
    """One line on the tests that did not run for want of a browser; none where all ran."""
    skipped = [each for each in reporter.stats.get("skipped", []) if NO_BROWSER in str(each.longrepr)]
    if skipped:
        reporter.write_line(f"{len(skipped)} browser tests did not run: {lacking()}", yellow=True, bold=True)
