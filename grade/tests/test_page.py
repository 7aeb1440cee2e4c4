"""What pages and objects cost in the machine: instructions for each page.

test_object_host.py has shown on this computer that they do what they should.
"""

from __future__ import annotations

from grade.tests.services import parse, run

ALLOC = 125                     # with its place in an object, and the test's own loop
NEXT = 55                       # looked up, behind the one before
ANY = {16: 130, 64: 160, 256: 195, 1024: 235, 4096: 275}        # looked up anywhere, of so many
REMOVE = 200                    # of many
PAIR = 260                      # allocated and freed
TERMINATE = 135                 # with its object


def test_costs() -> None:
    """Of an object's pages, few or many; and all of them come back."""
    facts = parse(run("page_cost"))
    rows = [fact for fact in facts if fact.name == "page_cost"]
    assert [row["pages"] for row in rows] == list(ANY)
    for row in rows:
        assert row["alloc"] <= ALLOC and row["next"] <= NEXT and row["remove"] <= REMOVE, row
        assert row["any"] <= ANY[row["pages"]], row
    end, = (fact for fact in facts if fact.name == "page_end")
    assert end["pair"] <= PAIR and end["terminate"] <= TERMINATE and end["leaked"] == 0, end
