"""Damage to files, drawn by hypothesis: bytes changed, runs cut out, doubled or overwritten, the end cut off."""

from __future__ import annotations

from hypothesis import strategies as st

_EDGES = (0, 1, 0x7F, 0x80, 0xFF)  # bytes at which lengths and signs turn over


@st.composite
def damaged(draw: st.DrawFn, raw: bytes) -> bytes:
    """`raw` with one to six faults in it."""
    found = bytearray(raw)
    for _ in range(draw(st.integers(1, 6))):
        if not found:
            break
        at = draw(st.integers(0, len(found) - 1))
        length = draw(st.integers(1, 16))
        kind = draw(st.sampled_from(("byte", "edge", "run", "cut", "double", "end")))
        if kind == "byte":
            found[at] = draw(st.integers(0, 255))
        elif kind == "edge":
            found[at] = draw(st.sampled_from(_EDGES))
        elif kind == "run":
            found[at : at + length] = bytes([draw(st.sampled_from(_EDGES))]) * length
        elif kind == "cut":
            del found[at : at + length]
        elif kind == "double":
            found[at:at] = found[at : at + length]
        else:
            del found[at:]
    return bytes(found)
