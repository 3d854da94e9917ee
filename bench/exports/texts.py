"""Text from outside inside LaTeX and Markdown: it is printed, and means nothing there."""

from __future__ import annotations

import re
import unicodedata

from sightsound.bench.core.faults import printable

_LATEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "_": r"\_",
    "%": r"\%",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "`": r"\textasciigrave{}",
    "±": r"$\pm$",
    "≈": r"$\approx$",
    "†": r"\textdagger{}",
    "◦": r"$\circ$",
    "↑": r"$\uparrow$",
    "↓": r"$\downarrow$",
    "×": r"$\times$",
    "–": "--",
    "—": "---",
    "ß": r"\ss{}",
    "ø": r"\o{}",
    "Ø": r"\O{}",
    "ł": r"\l{}",
    "æ": r"\ae{}",
    "œ": r"\oe{}",
    "ı": r"\i{}",
}
_ACCENTS = {
    "\u0300": "`",
    "\u0301": "'",
    "\u0302": "^",
    "\u0303": "~",
    "\u0304": "=",
    "\u0306": "u",
    "\u0307": ".",
    "\u0308": '"',
    "\u030a": "r",
    "\u030b": "H",
    "\u030c": "v",
    "\u0327": "c",
    "\u0328": "k",
}
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+!|~$>-])")


def latex(text: str) -> str:
    r"""The text for LaTeX with any engine and encoding: what it has no letter for stands as its number.

    >>> latex("50% of R&D_x"), latex("Bińkowski 中")
    ('50\\% of R\\&D\\_x', "Bi\\'{n}kowski [U+4E2D]")
    """
    return "".join(map(_latex, unicodedata.normalize("NFC", printable(text))))


def _latex(sign: str) -> str:
    if sign in _LATEX:
        return _LATEX[sign]
    if sign.isascii():
        return sign
    base, *accents = list(unicodedata.normalize("NFD", sign))
    if base.isascii() and base.isalpha() and len(accents) == 1 and accents[0] in _ACCENTS:
        return f"\\{_ACCENTS[accents[0]]}{{{base}}}"
    return f"[U+{ord(sign):04X}]"


def code(text: str) -> str:
    r"""The text in a typewriter face that may break behind the separators of a signature.

    >>> code("fad|n:2")
    '\\texttt{fad|\\allowbreak{}n:\\allowbreak{}2}'
    """
    plain = latex(text).replace(r"\textbar{}", "|")  # this face has it in every encoding
    made = re.sub(r"([|:@+,.=]|\\_)", r"\1\\allowbreak{}", plain)
    return rf"\texttt{{{made}}}"


def markdown(text: str) -> str:
    r"""The text for a cell of a table on GitHub: no markup, no HTML, on one line.

    >>> markdown("a_b <script> [x](y)|")
    'a\\_b &lt;script\\> \\[x\\]\\(y\\)\\|'
    """
    shown = printable(text).replace("&", "&amp;").replace("<", "&lt;")
    return _MARKDOWN.sub(r"\\\1", shown)
