"""The gate's findings as a CI shows them: JUnit XML, and annotations of GitHub."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

from sightsound.bench.boards.check import Finding
from sightsound.bench.core.console import number
from sightsound.bench.core.faults import printable

SUITE = "bench check"


def junit(findings: Sequence[Finding], run: str) -> str:
    """A test case for each finding: its system is the class, its metric the name, a failure has the verdict."""
    bad = sum(not finding.ok for finding in findings)
    suite = ElementTree.Element(
        "testsuite", name=f"{SUITE} {printable(run)}", tests=str(len(findings)), failures=str(bad), errors="0"
    )
    for finding in findings:
        case = ElementTree.SubElement(
            suite, "testcase", classname=printable(finding.system), name=printable(finding.metric), time="0"
        )
        said = f"{printable(finding.verdict)}\n{_values(finding)}"
        if finding.ok:
            ElementTree.SubElement(case, "system-out").text = said
        else:
            ElementTree.SubElement(case, "failure", message=printable(finding.verdict)).text = said
    root = ElementTree.Element("testsuites")
    root.append(suite)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def github(findings: Sequence[Finding], baseline: Path) -> list[str]:
    """A line of GitHub's workflow commands for each failed finding, and one that sums up."""
    bad = [finding for finding in findings if not finding.ok]
    lines = [
        f"::error file={_property(str(baseline))},title={_property(f'{each.metric} of {each.system}')}"
        f"::{_data(f'{each.verdict} ({_values(each)})')}"
        for each in bad
    ]
    if not bad:
        lines.append(f"::notice title={_property(SUITE)}::{_data(f'{len(findings)} values are no worse')}")
    return lines


def _values(finding: Finding) -> str:
    return f"baseline {number(finding.baseline)}, run {number(finding.value)}"


def _data(text: str) -> str:
    return printable(text).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
