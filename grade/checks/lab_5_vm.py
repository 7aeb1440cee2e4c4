"""Lab 5: is the tree the one that the contracts say, is space found where it is, and does a fault bring the right page?

Each exercise is judged alone, in a kernel that runs on the reference's maps: the student's file stands beside those
under other names, and works on maps that were drawn. Where a function calls another exercise's of the same file, the
reference's stands for that. What a kernel does that runs on all of the student's files is judged at the end.
"""

from __future__ import annotations

from grade.bench import Bench
from grade.check import check
from grade.checks.cases import Case
from grade.checks.changes import Clips, Coalescings, Insertions, Refusals, Simplifications
from grade.checks.faults import Answers, Busy, Copies, Counted, NoFault, Residents, Zeros
from grade.checks.faults import Lookups as MapLookups
from grade.checks.maps import ran
from grade.checks.scripts import boots, com1
from grade.checks.sharing import Shared
from grade.checks.splays import Finds, Links, Lookups, Splays
from grade.checks.trees import expect_free, expect_shape, expect_tree
from grade.checks.workload import Workload
from grade.failure import expect

TREES = boots("small trees, then drawn ones, chains and zigzags")

# ---------------------------------------------------------------- 5.1 splay


@check("5.1", "whole", points=1, title="the same entries, in the same order", cases=TREES,
       hint="What is left on the way goes to one of two trees, and both are hung below the new root at the end: what "
            "the root has there itself goes to their inner ends.")
def whole(bench: Bench, case: Case) -> None:
    for step in Splays(bench, case).steps():
        expect_tree(step.what, step.expected, step.seen)


@check("5.1", "top", points=1, title="the entry of the address comes up, or a neighbour", cases=TREES,
       hint="An entry ends before `end': there the next one may begin. Where no entry has the address, the way down "
            "ends at the one before or the one behind.")
def top(bench: Bench, case: Case) -> None:
    for step in Splays(bench, case).steps():
        expect_tree(step.what, step.expected, step.seen)
        step.expect_top()


@check("5.1", "free", points=3, title="max_free of all that was moved", cases=TREES,
       hint="An entry's max_free follows from its adj_free and from its two children's max_free: so those come "
            "first. Who has got another child needs a new one: who was rotated, and, from below, each on the two "
            "spines; the root is the last.")
def free(bench: Bench, case: Case) -> None:
    for step in Splays(bench, case).steps():
        expect_tree(step.what, step.expected, step.seen)
        expect_free(step.what, step.seen, step.adj_free)


@check("5.1", "shape", points=4, title="the shape that top-down splaying gives", cases=TREES,
       hint="Two steps to the same side: first a rotation, then the link. To different sides: only the first entry "
            "is linked; its child is the next place, and may begin two steps to the same side of its own. Compare "
            "the two drawings from the root on.")
def shape(bench: Bench, case: Case) -> None:
    for step in Splays(bench, case).steps():
        expect_tree(step.what, step.expected, step.seen)
        expect_shape(step.what, step.expected, step.seen)


# ---------------------------------------------------------------- 5.2 lookup


@check("5.2", "found", points=2, title="the entry of an address, or the one before it", cases=TREES,
       hint="`start' is in an entry, `end' is not. When nothing is found, the answer is the entry before: if the "
            "splay has brought up the one behind, that is its prev; before the first one it is the header.")
def found(bench: Bench, case: Case) -> None:
    lookups = Lookups(bench, case)
    for step in lookups.steps():
        expect(step.what, *step.answers)


@check("5.2", "once", points=2, title="the tree afterwards: one splay, or none", cases=TREES,
       hint="Is the address in the root already, then nothing moves. Otherwise the tree is splayed, at that very "
            "address, and the map gets its new root.")
def once(bench: Bench, case: Case) -> None:
    for step in Lookups(bench, case).steps():
        expect_tree(step.what, step.expected, step.seen)
        expect_shape(step.what, step.expected, step.seen)


# ---------------------------------------------------------------- 5.3 link and unlink

@check("5.3", "link", points=1, title="an entry stands in the list and in the tree", cases=TREES,
       hint="Four pointers of the list, nentries; two of the tree, and the old tree's, which is cut behind `after'. "
            "Two entries have a new adj_free: the new one, and the one before it.")
def linked(bench: Bench, case: Case) -> None:
    judge_links(bench, case, unlink=False, shapes=False)


@check("5.3", "link-shape", points=2, title="the tree is splayed and split as it is said", cases=TREES,
       hint="`after' comes to the root, and goes to the left of the new entry; all that is behind goes to the right.")
def link_shape(bench: Bench, case: Case) -> None:
    judge_links(bench, case, unlink=False, shapes=True)


@check("5.3", "unlink", points=1, title="an entry leaves the list and the tree", cases=TREES,
       hint="What was free behind the entry, and its own addresses, are free behind the one before it now.")
def unlinked(bench: Bench, case: Case) -> None:
    judge_links(bench, case, unlink=True, shapes=False)


@check("5.3", "unlink-shape", points=1, title="the two trees are joined as it is said", cases=TREES,
       hint="The entry comes to the root. Its left tree is splayed once more, so that its last one comes up, which "
            "has no right child then.")
def unlink_shape(bench: Bench, case: Case) -> None:
    judge_links(bench, case, unlink=True, shapes=True)


def judge_links(bench: Bench, case: Case, *, unlink: bool, shapes: bool) -> None:
    for step in Links(bench, case, unlink=unlink).steps():
        if shapes:
            expect_tree(step.what, step.expected, step.seen)
            expect_shape(step.what, step.expected, step.seen)
        else:
            expect(f"{step.what}: the list", *step.lists)
            expect_tree(step.what, step.expected, step.seen)
            expect_free(step.what, step.seen, step.adj_free)


# ---------------------------------------------------------------- 5.4 findspace


@check("5.4", "first-fit", points=2, title="the first place with so much room", cases=TREES,
       hint="The gap in which `start' lies counts from there on. A left subtree with a large enough max_free comes "
            "before the entry's own gap, and that before the right one. A gap that fits exactly is large enough.")
def first_fit(bench: Bench, case: Case) -> None:
    for step in Finds(bench, case).steps():
        expect(step.what, *step.answers)


@check("5.4", "tree", points=1, title="by the tree alone, which is splayed at start", cases=TREES,
       hint="The maps here have a tree and no list: next and prev are NULL. Step 4 leaves the tree splayed; after "
            "that nothing moves. An empty tree, and a range that cannot be, need no splay.")
def by_tree(bench: Bench, case: Case) -> None:
    for step in Finds(bench, case, listed=False).steps():
        expect(step.what, *step.answers)
        expect_tree(step.what, step.expected, step.seen)
        expect_shape(step.what, step.expected, step.seen)


@check("5.4", "limits", points=2, title="no room: the map's ends, ranges that wrap, 4 GB", cases=TREES,
       hint="start + length may wrap round to a small number: compare before you use it. What begins where the map "
            "ends has no room there, however small it is; 0 bytes fit everywhere.")
def limits(bench: Bench, case: Case) -> None:
    for step in Finds(bench, case, hostile=True).steps():
        expect(step.what, *step.answers)


# ---------------------------------------------------------------- 5.5 insert, simplify, clip

MAPS = boots("drawn maps")


@check("5.5", "insert", points=1, title="a new entry, and all that it says", cases=MAPS,
       hint="Every field is set. The entry is linked behind the one that vm_map_lookup_entry() has told, and the "
            "map's size grows. The object's reference was the caller's: it is not counted again.")
def insert(bench: Bench, case: Case) -> None:
    Insertions(bench, case).judge()


@check("5.5", "refuse", points=1, title="ranges that are none, and addresses that are in use", cases=MAPS,
       hint="First the range itself, which may be empty, inverted or outside of the map: KERN_INVALID_ADDRESS. Then "
            "what is there: start in an entry, or the next entry in front of end: KERN_NO_SPACE. Nothing may have "
            "changed.")
def refuse(bench: Bench, case: Case) -> None:
    Refusals(bench, case).judge()


@check("5.5", "coalesce", points=2, title="memory that continues the entry before it", cases=MAPS,
       hint="Only without an object, only behind an entry that ends at start, with the same eflags, not wired, and "
            "only if vm_object_coalesce() says so. If rights or inheritance differ it is a new entry, of the same "
            "object, which is referenced once more, at the place where the other's part ends.")
def coalesce(bench: Bench, case: Case) -> None:
    Coalescings(bench, case).judge()


@check("5.5", "simplify", points=2, title="neighbours that are one become one", cases=MAPS,
       hint="First the one before, then the one behind. They must touch, show the same object, one going on where "
            "the other ends, and agree in all else. A reference of the object goes with the entry that goes.")
def simplify(bench: Bench, case: Case) -> None:
    Simplifications(bench, case).judge()


@check("5.5", "clip", points=2, title="an entry is cut in two", cases=MAPS,
       hint="Whichever begins at the cut has an offset that is larger by what is before it. Both refer to the "
            "object. Memory without one gets it first, as a whole. Where the cut is not inside, nothing happens.")
def clip(bench: Bench, case: Case) -> None:
    Clips(bench, case).judge()


# ---------------------------------------------------------------- 5.6 to 5.9 the fault

SPACES = boots("drawn memory")


@check("5.6", "allowed", points=1, title="what the map allows, and what it refuses", cases=SPACES,
       hint="All that vm_map_lookup() says has its field in fs: the map (which may become another one), the entry, "
            "the first object and the page's number, prot, wired. What it returns is not to be changed, but where "
            "that is said.")
def allowed(bench: Bench, case: Case) -> None:
    MapLookups(bench, case).judge()


ANSWERS, NOFAULT = "others' answers, wired memory", "an entry with MAP_ENTRY_NOFAULT"


@check("5.6", "answers", points=1, title="stacks, who wires, what is wired, MAP_ENTRY_NOFAULT",
       cases=boots(ANSWERS, NOFAULT),
       hint="KERN_INVALID_ADDRESS is vm_fault_grow()'s to answer, KERN_PROTECTION_FAILURE vm_fault_lookup_wire()'s, "
            "but only with VM_FAULT_USER_WIRE. Wired memory is got for all of prot.")
def answers(bench: Bench, case: Case) -> None:
    if case.about == ANSWERS:
        Answers(bench, case).judge()
        return
    trial = NoFault(bench, case)
    with ran(bench, trial.script) as (machine, _):
        panic = next((line for line in com1(machine) if line.startswith("panic: ")), "no panic")
    expect("what the kernel says of a fault on an entry with MAP_ENTRY_NOFAULT",
           f"panic: vm_fault: fault on nofault entry, addr: {trial.at:x}", panic)


@check("5.7", "resident", points=1, title="a page that is in memory, or the next object's", cases=SPACES,
       hint="fs->m is what vm_page_lookup() finds: page fs->pindex of fs->object. FAULT_ABSENT sends the walk on, "
            "even with a page, if that is not valid as a whole; KERN_SUCCESS ends it.")
def resident(bench: Bench, case: Case) -> None:
    Residents(bench, case).judge()


@check("5.7", "busy", points=1, title="pages that others have, and pages of the cache", cases=SPACES,
       hint="A page is another's if PG_BUSY is set or m->busy is not 0: wait, and FAULT_RETRY. In the cache it "
            "counts as free; only while memory is short is that a reason to wait. The page that you return is busy, "
            "and yours.")
def busy(bench: Bench, case: Case) -> None:
    Busy(bench, case).judge()


@check("5.8", "zeros", points=1, title="memory that nobody has touched is zeros", cases=SPACES,
       hint="Free pages are full of what was there before. The page that is filled is the first object's, and all of "
            "it is valid then.")
def zeros(bench: Bench, case: Case) -> None:
    Zeros(bench, case).judge()


@check("5.8", "counted", points=1, title="v_zfod and v_ozfod", cases=SPACES,
       hint="v_zfod counts all of them, v_ozfod those whose page had PG_ZERO.")
def counted(bench: Bench, case: Case) -> None:
    Counted(bench, case).judge()


@check("5.9", "copy", points=1, title="a write gets a copy, or the page where nobody else has it", cases=SPACES,
       hint="A read takes VM_PROT_WRITE from fs->prot, for the next write must fault. pmap_copy_page() copies from "
            "its first argument to its second. A page that has moved is no longer in the object behind.")
def copy(bench: Bench, case: Case) -> None:
    Copies(bench, case).judge()


@check("5.9", "shared", points=1, title="what one writes, no other sees", cases=SPACES,
       hint="Address spaces are forked here. A page behind the first object is others' too: it must not be mapped "
            "for writing, and never be written.")
def shared(bench: Bench, case: Case) -> None:
    Shared(bench, case).judge()


@check("5.9", "user", points=1, title="a kernel on all of it: ring 3, copyin(), fork; with 5.1 to 5.8",
       cases=boots("a workload"),
       hint="Where other checks fail, mend those first. This kernel has no other map than yours, from its first page "
            "on.")
def user(bench: Bench, case: Case) -> None:
    Workload(case.draw).judge(bench)
