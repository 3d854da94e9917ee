"""The reader of WML: one small text a feature, with what the game makes of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightsound.bench.splits.wesnoth import wml, wml_text
from sightsound.bench.splits.wesnoth.wml_preprocessor import Macro, Preprocessor
from sightsound.bench.splits.wesnoth.wml_text import Source, WmlError


def expand(text: str, data: Path = Path("/nowhere"), **macros: str) -> str:
    return Preprocessor(data, {name: Macro(body) for name, body in macros.items()}).expand(text).text


def parse(text: str) -> wml.Tag:
    source = Source()
    source.put(text, "test.cfg", 1)
    return wml.parse(source)


def files(folder: Path, **texts: str) -> Path:
    """A data folder; `a__b` is the file a/b.cfg."""
    for name, text in texts.items():
        path = folder / (name.replace("__", "/") + ".cfg")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


# ---- macros


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("{PAIR a b}", "<a|b>"),
        ("{PAIR (a b) c}", "<a b|c>"),
        ("{PAIR () c}", "<|c>"),
        ("{PAIR(a)(b)}", "<a|b>"),
        ("{PAIR\n  a\n  b\n}", "<a|b>"),
        ('{PAIR "a (b" c}', '<"a (b"|c>'),
        ('{PAIR (x="a ) b") c}', '<x="a ) b"|c>'),
        ("{PAIR {PAIR a b} c}", "<<a|b>|c>"),
        ("{PAIR ({PAIR (a) b} d) c}", "<<a|b> d|c>"),
        ("{PAIR a # what a is\n b}", "<a|b>"),
        ("{PAIR (a # a comment with ) and }\n) b}", "<a \n|b>"),
        ("{PAIR <<{raw}>> b}", "<<<{raw}>>|b>"),
        ('x="{PAIR a b}"', 'x="<a|b>"'),
    ],
)
def test_call(call: str, expected: str) -> None:
    assert expand("#define PAIR A B\n<{A}|{B}>#enddef\n" + call) == expected


def test_a_macro_sees_its_own_arguments_only() -> None:
    text = "#define IN X\n[{X}]#enddef\n#define OUT X\n{IN b}{X}#enddef\n{OUT a}"
    assert expand(text) == "[b]a"
    with pytest.raises(WmlError, match=r"\{X\} is neither a macro nor a file"):
        expand("#define IN\n{X}#enddef\n#define OUT X\n{IN}#enddef\n{OUT a}")


def test_the_text_of_an_argument_is_not_expanded_twice() -> None:
    # the game puts arguments in as they are: braces that came out of << >> stay braces
    assert expand("#define SHOW X\n{X}#enddef\n{SHOW <<{NOT_A_MACRO}>>}") == "<<{NOT_A_MACRO}>>"


def test_optional_arguments() -> None:
    define = "#define M A\n#arg B\nb of {A}#endarg\n#arg C\nc#endarg\n{A},{B},{C}#enddef\n"
    assert expand(define + "{M 1}").strip() == "1,b of 1,c"
    assert expand(define + "{M 1 C=3}").strip() == "1,b of 1,3"
    assert expand(define + "{M 1 (C=3 4) B={M 2}}") == "1,2,b of 2,c,3 4"
    with pytest.raises(WmlError, match="takes 1 arguments, not 2"):
        expand(define + "{M 1 D=3}")


def test_undef_and_redefinition() -> None:
    assert expand("#define A\n1#enddef\n#define A\n2#enddef\n{A}") == "2"
    with pytest.raises(WmlError, match="neither a macro nor a file"):
        expand("#define A\n1#enddef\n#undef A\n{A}")


# ---- conditions


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("#ifdef YES", True),
        ("#ifdef NO", False),
        ("#ifndef YES", False),
        ("#ifndef NO", True),
        ("#ifver VERSION >= 1.16.0", True),
        ("#ifver VERSION < 1.9.12", False),
        ("#ifnver VERSION == 1.16.9", False),
        ("#ifhave here.cfg", True),
        ("#ifnhave here.cfg", False),
    ],
)
def test_conditions(tmp_path: Path, condition: str, holds: bool) -> None:
    data = files(tmp_path, here="")
    text = f"{condition}\nyes\n#else\nno\n#endif\nafter"
    assert expand(text, data, YES="", VERSION="1.16.9").split() == ["yes" if holds else "no", "after"]


def test_conditions_nest_and_what_is_skipped_defines_nothing() -> None:
    text = (
        "#ifdef NO\n#ifdef YES\na\n#else\nb\n#endif\n#define D\n#enddef\n#error bad\n{NOTHING}\n#else\nc\n#endif\n"
    )
    assert expand(text + "#ifdef D\nd\n#endif", YES="").split() == ["c"]


def test_comments_and_quotes() -> None:
    assert expand('a # b {C}\n"# kept" # gone\n<<# kept>>') == 'a \n"# kept" \n<<# kept>>'


# ---- inclusion


def test_a_folder_is_read_in_the_games_order(tmp_path: Path) -> None:
    data = files(tmp_path, d__b="b\n", d__a="a\n", d___final="final\n", d___initial="initial\n")
    files(tmp_path, d__sub___main="sub\n", d__plain__x="not read\n", d__images___main="not read\n")
    assert expand("{d}", data).split() == ["initial", "a", "b", "sub", "final"]
    assert expand("{d/}", data) == expand("{d}", data)
    files(tmp_path, d___main="main {./a.cfg}")
    assert expand("{d}", data).split() == ["main", "a"]


def test_what_a_file_defines_is_known_in_the_next(tmp_path: Path) -> None:
    assert expand("{d}", files(tmp_path, d__a="#define M\nm#enddef\n", d__b="{M}")) == "m"


@pytest.mark.parametrize("path", ["../out.cfg", "d/../../out.cfg", "./../out.cfg", "/etc/passwd"])
def test_no_path_leads_out(tmp_path: Path, path: str) -> None:
    data = files(tmp_path / "data", a="")
    (tmp_path / "out.cfg").write_text("secret")
    with pytest.raises(WmlError, match="leads out"):
        expand(f"{{{path}}}", data)


def test_no_link_leads_out(tmp_path: Path) -> None:
    data = files(tmp_path / "data", a="")
    (tmp_path / "out.cfg").write_text("secret")
    (data / "link.cfg").symlink_to(tmp_path / "out.cfg")
    with pytest.raises(WmlError, match="leads out"):
        expand("{link.cfg}", data)
    with pytest.raises(WmlError, match=r"link\.cfg: leads out"):
        expand("{./}", data)


def test_the_players_own_folder_is_empty() -> None:
    assert expand("a{~add-ons/x}b") == "ab"


# ---- limits and errors


def test_recursion_is_bounded(tmp_path: Path) -> None:
    with pytest.raises(WmlError, match="nested deeper"):
        expand("#define A\n{A}#enddef\n{A}")
    with pytest.raises(WmlError, match="nested deeper"):
        expand("{a.cfg}", files(tmp_path, a="{a.cfg}"))
    with pytest.raises(WmlError, match="nested deeper"):
        expand("{" * 5000 + "x" + "}" * 5000)


def test_growth_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wml_text, "MAX_CHARACTERS", 10_000)
    laughs = "#define L0\nha#enddef\n"
    laughs += "".join(f"#define L{n}\n{{L{n - 1}}}{{L{n - 1}}}#enddef\n" for n in range(1, 40))
    with pytest.raises(WmlError, match="more than 10000 characters"):
        expand(laughs + "{L39}")


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("a\n{GONE}", 2, "neither a macro nor a file"),
        ("\n{GONE x}", 2, "not a macro"),
        ("#define A X\n{X}\n#enddef\n\n{A}", 5, "takes 1 arguments, not 0"),
        ("#define A X\n\n{X y}\n#enddef\n{A z}", 3, "takes no arguments"),
        ("#ifdef X\n", 2, "#if without #endif"),
        ("\n#endif", 2, "#endif without #if"),
        ("#else", 1, "#else without #if"),
        ("#enddef", 1, "#enddef without #define"),
        ("#define A\n", 1, "#define without #enddef"),
        ("#define\n#enddef", 1, "#define without a name"),
        ('a\n"b', 2, "a quote without its end"),
        ("a\n{A (b}", 2, "{ without }"),
        ("<<a", 1, "<< without >>"),
        ("{}", 1, "{} without a name"),
        ("#error out of date", 1, "#error out of date"),
        ("#ifver GONE > 1", 1, "not defined"),
    ],
)
def test_errors_name_file_and_line(tmp_path: Path, text: str, where: int, what: str) -> None:
    with pytest.raises(WmlError) as caught:
        expand("{f.cfg}", files(tmp_path, f=text))
    assert str(caught.value).startswith(f"f.cfg:{where}: ") and what in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "a.cfg").write_bytes(b"\xff\xfe")
    with pytest.raises(WmlError, match=r"a\.cfg: cannot be read as UTF-8"):
        expand("{a.cfg}", tmp_path)


# ---- the tree


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("a=b", {"a": "b"}),
        ("a = b c  ", {"a": "b c"}),
        ("a=", {"a": ""}),
        ('a="b"', {"a": "b"}),
        ('a="b ""c"" d"', {"a": 'b "c" d'}),
        ('a= _ "b"', {"a": "b"}),
        ('a=_"b" + _ "c"', {"a": "bc"}),
        ('a= _ "b" +\n  _ "c"\nd=e', {"a": "bc", "d": "e"}),
        ('a="two\nlines"', {"a": "two\nlines"}),
        ('a="x=1\n[tag]"', {"a": "x=1\n[tag]"}),
        ('a=<<b "c" [d] #e>>', {"a": 'b "c" [d] #e'}),
        ("a,b=1,2", {"a": "1", "b": "2"}),
        ("a,b = 1, 2,3", {"a": "1", "b": "2,3"}),
        ("a,b=1", {"a": "1", "b": ""}),
        ('a,b="1,2",3', {"a": "1,2", "b": "3"}),
        ("a=1,2-3", {"a": "1,2-3"}),
        ("a=b_c", {"a": "b_c"}),
        ("a=$x|y", {"a": "$x|y"}),
        ("a=b=c", {"a": "b=c"}),
        ("a=x[1]", {"a": "x[1]"}),
        ("a=1\na=2", {"a": "2"}),
    ],
)
def test_values(line: str, expected: dict[str, str]) -> None:
    assert parse(line).attributes == expected
    assert parse(f"[t]\n{line}\n[/t]").children[0].attributes == expected


def test_tags_nest_and_keep_their_order() -> None:
    tree = parse("[a]\nx=1\n[b]\n[/b]\n[c][/c]\n[b]\ny=2\n[/b]\n[/a]")
    (a,) = tree.children
    assert [child.name for child in a.children] == ["b", "c", "b"]
    assert [b.get("y") for b in a.all("b")] == ["", "2"]
    assert a.get("x") == "1"


def test_amended_tag_goes_on_with_the_last_of_that_name() -> None:
    tree = parse("[e]\nx=1\n[/e]\n[e]\nx=2\n[/e]\n[+e]\ny=3\n[m][/m]\n[/e]\n[+new]\n[/new]")
    assert [tag.name for tag in tree.children] == ["e", "e", "new"]
    assert tree.children[1].attributes == {"x": "2", "y": "3"}
    assert [child.name for child in tree.children[1].children] == ["m"]


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("[a]\n[b]\n[/a]", 3, "[/a] where [b] is open since test.cfg:2"),
        ("\n[/a]", 2, "[/a] where [nothing] is open"),
        ("[a]\n[b]\n[/b]\n", 1, "[a] is never closed"),
        ("[a]\nhello\n[/a]", 2, "neither a tag nor key=value: 'hello'"),
        ('a=1\nb="c', 2, "a quote without its end in b="),
        ("[a]" * 200, 1, "nested deeper"),
    ],
)
def test_parse_errors_name_file_and_line(text: str, where: int, what: str) -> None:
    with pytest.raises(WmlError) as caught:
        parse(text)
    assert str(caught.value).startswith(f"test.cfg:{where}: ") and what in str(caught.value)


def test_an_error_inside_a_macro_names_the_macros_line(tmp_path: Path) -> None:
    data = files(tmp_path, m="\n#define BAD\n[a]\noops\n[/a]\n#enddef\n", n="x=1\n{m.cfg}{BAD}\n")
    with pytest.raises(WmlError, match=r"^m\.cfg:4: neither a tag nor key=value"):
        wml.load(data, "n.cfg", {})


WORD = st.text(st.characters(codec="utf-8", exclude_characters="\r", exclude_categories=["Cs"]), max_size=20)


@settings(deadline=None)
@given(st.dictionaries(st.from_regex(r"[a-z]\w{0,5}", fullmatch=True), WORD, max_size=5))
def test_quoted_values_come_back_as_they_were(values: dict[str, str]) -> None:
    text = "".join(f'{key}="{value.replace(chr(34), chr(34) * 2)}"\n' for key, value in values.items())
    # a brace in a string is a macro call, so the preprocessor is left out here
    assert parse(f"[t]\n{text}[/t]\n").children[0].attributes == values


@settings(deadline=None)
@given(st.text('[]/+#"{}()<>=_ ,\nab', max_size=60))
def test_any_text_is_read_or_refused_on_one_line(text: str) -> None:
    try:
        wml.parse(Preprocessor(Path("/nowhere"), {}).expand(text))
    except WmlError as error:
        assert str(error).splitlines() == [str(error)]
