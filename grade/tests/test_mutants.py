"""Every mutant loses exactly the points that its header names.

Here some of the checks that a mutant must lose are run up to their first failing case, and one case of some of those
that it must keep, others for each mutant; of a lab with dear boots, only some of the mutants. The long tests run all the
cases of all checks, and 50 seeds.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from zlib import crc32

import pytest

from grade import mutate
from grade.bench import Programs
from grade.failure import HarnessFault
from grade.labs import Lab, find_labs, tree_root
from grade.mutate import Judge, Mutant

KEPT_SHARE = 6      # one in so many of the checks that a mutant must keep
MUTANT_SHARE = {2: 4, 3: 8, 4: 8, 5: 40}       # one in so many of a lab's mutants (1: all)
LOST_MOST = 2       # and so many, at most, of those that it must lose
TREE = tree_root()
LABS: tuple[Lab, ...] = find_labs(TREE, "all")
JUDGES = {lab.number: mutate.load_judges(lab) for lab in LABS}
MUTANTS = [(lab, mutant) for lab in LABS for mutant in mutate.load_mutants(TREE, lab, JUDGES[lab.number])]
LAB, MUTANT = MUTANTS[0]
each_mutant = pytest.mark.parametrize(("lab", "mutant"), MUTANTS,
                                      ids=[f"{lab.number}-{mutant.name}" for lab, mutant in MUTANTS])
SOME = [(lab, mutant) for lab, mutant in MUTANTS if crc32(mutant.name.encode()) % MUTANT_SHARE.get(lab.number, 1) == 0]
some_mutants = pytest.mark.parametrize(("lab", "mutant"), SOME,
                                       ids=[f"{lab.number}-{mutant.name}" for lab, mutant in SOME])


@pytest.fixture(scope="session")
def bochs() -> str:
    found = shutil.which("bochs")
    assert found, "bochs is missing: run `make setup`"
    return found


@pytest.fixture(scope="session")
def workshop() -> Iterator[Path]:
    with mutate.workshop(TREE) as folder:
        yield folder


@pytest.fixture(scope="session")
def references(workshop: Path) -> dict[int, Programs]:
    return {lab.number: mutate.build_reference(TREE, lab, workshop / f"reference-{lab.number}") for lab in LABS}


@pytest.fixture
def programs(lab: Lab, mutant: Mutant, workshop: Path, references: dict[int, Programs]) -> Iterator[Programs]:
    folder = workshop / f"{lab.number}-{mutant.name}"
    yield mutate.build(TREE, lab, mutant, folder, references[lab.number])
    shutil.rmtree(folder)


def drawn(mutant: Mutant, name: str) -> int:
    """A number of a mutant's and a check's own."""
    return crc32(f"{mutant.name} {name}".encode())


@some_mutants
def test_loses_what_its_header_names(lab: Lab, mutant: Mutant, programs: Programs, tmp_path: Path, bochs: str) -> None:
    wanted = sorted(mutant.loses, key=lambda name: drawn(mutant, name))[:LOST_MOST]
    lost, besides = [], []
    for judge in mutate.touched(JUDGES[lab.number], lab, mutant):
        draw = drawn(mutant, judge.name)
        kept = judge.name not in mutant.loses
        if kept and draw % KEPT_SHARE or not kept and judge.name not in wanted:
            continue
        if why := mutate.lost(judge, programs, seed="0", folder=tmp_path, bochs=bochs, only=draw if kept else None):
            lost.append(judge.name)
            besides += [f"{judge.name}, {why}"] * kept
    assert not mutate.verdict(replace(mutant, loses=tuple(wanted)), lost), besides


@pytest.mark.long
@each_mutant
def test_loses_nothing_else_in_any_case(lab: Lab, mutant: Mutant, programs: Programs, tmp_path: Path, bochs: str) -> None:
    lost = [judge.name for judge in mutate.touched(JUDGES[lab.number], lab, mutant)
            if mutate.lost(judge, programs, seed="1", folder=tmp_path, bochs=bochs)]
    assert not mutate.verdict(mutant, lost)


@pytest.mark.long
@each_mutant
def test_fails_on_every_seed(lab: Lab, mutant: Mutant, programs: Programs, tmp_path: Path, bochs: str) -> None:
    """The checks that it must lose take turns."""
    by_name = {judge.name: judge for judge in JUDGES[lab.number]}
    survived = []
    for seed in range(50):
        judge = by_name[mutant.loses[seed % len(mutant.loses)]]
        if not mutate.lost(judge, programs, seed=str(seed), folder=tmp_path, bochs=bochs):
            survived.append(f"{judge.name} with seed {seed}")
    assert not survived


@pytest.mark.long
@pytest.mark.parametrize("seed", range(50))
@pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.name)
def test_the_reference_passes_on_every_seed(lab: Lab, seed: int, references: dict[int, Programs], tmp_path: Path,
                                            bochs: str) -> None:
    assert [judge.name for judge in JUDGES[lab.number]
            if mutate.lost(judge, references[lab.number], seed=str(seed), folder=tmp_path, bochs=bochs)] == []


@pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.name)
def test_each_check_is_lost_by_some_mutant(lab: Lab) -> None:
    mutants = [mutant for owner, mutant in MUTANTS if owner == lab]
    assert {judge.name for judge in JUDGES[lab.number]} == {name for mutant in mutants for name in mutant.loses}


@pytest.mark.parametrize("text", [
    "loses: 1.4 entry (1 point)\n",                                     # no story
    "SI is lost.\n",                                                    # no costs
    "SI is lost.\nloses: 1.4 entries (1 point)\n",                      # no such check
    "SI is lost.\nloses: 1.4 entry, 1.1 relocate (2 points)\n",         # worth 3
])
def test_a_wrong_header_is_refused_by_name(text: str, tmp_path: Path) -> None:
    path = tmp_path / "grade" / "mutants" / LAB.name / "lost.patch"
    path.parent.mkdir(parents=True)
    path.write_text(f"{text}\n--- boot/boot0/mbr.S\n+++ boot/boot0/mbr.S\n@@ -1 +1 @@\n-a\n+b\n", encoding="ascii")
    with pytest.raises(HarnessFault, match="^grade/mutants/1-mbr/lost.patch: "):
        mutate.load_mutants(tmp_path, LAB, JUDGES[LAB.number])


@pytest.mark.parametrize(("diff", "message"), [
    ("--- boot/boot0/mbr.S\n+++ boot/boot0/mbr.S\n@@ -1 +1 @@\n-no such line\n+b\n", "does not apply"),
    ("--- boot/boot0/probe.S\n+++ boot/boot0/probe.S\n@@ -1 +1 @@\n-a\n+b\n", "must change some of"),
    ("--- boot/boot0/mbr.S\n+++ boot/boot0/mbr.S\n@@ -1,2 +1,2 @@\n-/*\n+/* a\n  * mbr: the master boot record without a menu."
     "  It finds the one active\n", "its mbr is the"),
])
def test_a_patch_that_is_none_is_refused(diff: str, message: str, tmp_path: Path, workshop: Path, references: dict[int, Programs]) -> None:
    path = tmp_path / "none.patch"
    path.write_text(f"A mistake.\nloses: 1.4 entry (1 point)\n\n{diff}", encoding="ascii")
    mutant = replace(MUTANT, name="none", patch=path)
    with pytest.raises(HarnessFault, match=message):
        mutate.build(TREE, LAB, mutant, workshop / tmp_path.name, references[LAB.number])


def test_the_difference_is_told() -> None:
    mutant = replace(MUTANT, loses=("1.4 entry", "1.6 keys"))
    assert mutate.verdict(mutant, ["1.4 entry", "1.6 keys"]) == ""
    assert mutate.verdict(mutant, ["1.6 keys", "1.6 refuse"]) == "does not lose 1.4 entry; loses 1.6 refuse"
