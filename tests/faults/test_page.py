"""docs/reliability.md is what the fault tests saw."""

from tests.faults import ledger


def test_the_page_holds_the_table_that_was_recorded():
    if ledger.wanted():
        ledger.write()
    text = ledger.PAGE.read_text(encoding="utf-8")
    assert text.partition(ledger.BEGIN)[2] == ledger.table()
    assert ledger.table().count("\n") > 30
