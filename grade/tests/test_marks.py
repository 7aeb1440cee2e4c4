"""The marks: what is cut, what stays, and that no slip in a mark goes unnoticed."""

from __future__ import annotations

import pytest

from grade.marks import Mark, MarkError, check_exercises, cut, find_marks, first_mark_line

ASSEMBLY = """\
# scan: find the one active entry.
# Returns its offset in %si.
scan:
\t/* LAB 1.2 BEGIN */
\tmovw $table, %si
\t/* LAB 1.2 STUB lab_stub "LAB 1.2: scan and validate" */
1:\tjmp 1b
\t/* LAB 1.2 END */
\tret
"""

C = """\
int
splay(int key)
{
    /* LAB 5.1 BEGIN */
    return key + 1;
    /* LAB 5.1 STUB
       (void)key;
       if (1)
           panic("LAB 5.1: splay");
     */
    /* LAB 5.1 END */
}

    /* LAB 5.2 BEGIN */
    /* LAB 5.2 STUB panic("LAB 5.2"); */
    /* LAB 5.2 END */
"""


def test_a_solution_gives_way_to_its_stub_in_assembly() -> None:
    assert cut(ASSEMBLY, "mbr.S") == """\
# scan: find the one active entry.
# Returns its offset in %si.
scan:
\t/* LAB 1.2: your code goes here, in place of the stub. */
\tlab_stub "LAB 1.2: scan and validate"
\tret
"""


def test_a_stub_of_several_lines_keeps_its_shape_in_c() -> None:
    assert cut(C, "splay.c") == """\
int
splay(int key)
{
    /* LAB 5.1: your code goes here, in place of the stub. */
    (void)key;
    if (1)
        panic("LAB 5.1: splay");
}

    /* LAB 5.2: your code goes here, in place of the stub. */
    panic("LAB 5.2");
"""


def test_marks_are_found_with_their_lines() -> None:
    assert find_marks(ASSEMBLY, "mbr.S") == (Mark("1.2", 4, 'lab_stub "LAB 1.2: scan and validate"', 6, 8),)
    assert [(mark.exercise, mark.begin, mark.stub_line, mark.end) for mark in find_marks(C, "splay.c")] == [
        ("5.1", 4, 6, 11), ("5.2", 14, 15, 16)]


def test_a_stub_may_open_beside_its_code_and_go_on_below() -> None:
    text = '/* LAB 1.1 BEGIN */\n\t/* LAB 1.1 STUB (void)x;\n\t   panic("1.1"); */\n/* LAB 1.1 END */\n'
    assert find_marks(text, "a.c")[0].stub == '(void)x;\npanic("1.1");'


def test_a_file_without_marks_is_untouched() -> None:
    text = "int lab;\f /* Lab 1 is about this; LABEL, LAB_STUB and lab 1.2 are no marks. */\r\n\n"
    assert cut(text, "a.c") == text
    assert first_mark_line(text) is None


def begin(number: str) -> str:
    return f"/* LAB {number} BEGIN */"


def stub(number: str) -> str:
    return f"/* LAB {number} STUB halt */"


def end(number: str) -> str:
    return f"/* LAB {number} END */"


WRONG = {
    "nested": ([begin("1.1"), begin("1.2"), stub("1.2"), end("1.2"), stub("1.1"), end("1.1")], 2, "do not nest"),
    "nested in itself": ([begin("1.1"), begin("1.1")], 2, "do not nest"),
    "unclosed": (["x", begin("1.1"), stub("1.1")], 2, "never closed"),
    "repeated": ([begin("1.1"), stub("1.1"), end("1.1"), begin("1.1"), stub("1.1"), end("1.1")], 4, "repeated"),
    "END alone": (["x", end("1.1")], 2, "END without a BEGIN"),
    "STUB alone": ([stub("1.1")], 1, "STUB without a BEGIN"),
    "STUB after END": ([begin("1.1"), stub("1.1"), end("1.1"), stub("1.1")], 4, "STUB without a BEGIN"),
    "END of another": ([begin("1.1"), stub("1.1"), end("1.2")], 3, "numbers differ"),
    "STUB of another": ([begin("1.1"), stub("1.2"), end("1.1")], 2, "numbers differ"),
    "no stub": (["x", begin("1.1"), end("1.1")], 2, "no STUB"),
    "two stubs": ([begin("1.1"), stub("1.1"), stub("1.1"), end("1.1")], 3, "second STUB"),
    "empty stub": ([begin("1.1"), "/* LAB 1.1 STUB */", end("1.1")], 2, "holds no code"),
    "empty stub on lines": ([begin("1.1"), "/* LAB 1.1 STUB", "", "*/", end("1.1")], 2, "holds no code"),
    "stub not closed": ([begin("1.1"), "/* LAB 1.1 STUB halt", end("1.1")], 2, "not closed"),
    "stub open at the end": ([begin("1.1"), "/* LAB 1.1 STUB halt"], 2, "not closed"),
    "text after a stub": ([begin("1.1"), "/* LAB 1.1 STUB", "halt */ ret", end("1.1")], 3, "malformed"),
    "text after BEGIN": (["/* LAB 1.1 BEGIN */ movw $1, %ax"], 1, "malformed"),
    "text before BEGIN": (["cli /* LAB 1.1 BEGIN */"], 1, "malformed"),
    "text in BEGIN": (["/* LAB 1.1 BEGIN: relocate */"], 1, "malformed"),
    "misspelt word": (["/* LAB 1.1 BEGINS */"], 1, "malformed"),
    "small letters": (["/* lab 1.1 begin */"], 1, "malformed"),
    "no exercise": (["/* LAB 1 BEGIN */"], 1, "malformed"),
    "a leading zero": (["/* LAB 1.01 BEGIN */"], 1, "malformed"),
    "no word": (["/* LAB 1.1 */"], 1, "malformed"),
    "other words": (["/* LAB 1.1: see the handout */"], 1, "malformed"),
    "a line comment": (["// LAB 1.1 BEGIN"], 1, "malformed"),
    "an assembler's comment": (["# LAB 1.1 END"], 1, "malformed"),
    "no opening": (["LAB 1.1 STUB halt */"], 1, "malformed"),
    "a box comment": (["/*", " * LAB 1.1 END", " */"], 2, "malformed"),
    "two stars": (["/** LAB 1.1 BEGIN */"], 1, "malformed"),
}


@pytest.mark.parametrize(("lines", "line", "what"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_mark_is_an_error_with_file_and_line(lines: list[str], line: int, what: str) -> None:
    with pytest.raises(MarkError) as caught:
        cut("\n".join(lines) + "\n", "boot/mbr.S")
    assert str(caught.value).startswith(f"boot/mbr.S:{line}: ")
    assert what in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_exercise_that_no_lab_has_is_an_error() -> None:
    marks = find_marks(ASSEMBLY, "mbr.S")
    check_exercises(marks, {"1.2"}, "mbr.S")
    with pytest.raises(MarkError, match=r"^mbr\.S:4: LAB 1\.2 is unknown"):
        check_exercises(marks, {"1.1", "1.3"}, "mbr.S")
