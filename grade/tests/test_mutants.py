"""Every mutant loses exactly the points that its header names.

Here each check that a mutant must lose is run up to its first failing case, and one case of some of the checks that it
must keep, others for each mutant. The long tests run all the cases of all checks, and 50 seeds.
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

KEPT_SHARE = 4      # one in so many of the checks that a mutant must keep
TREE = tree_root()
LAB: Lab = find_labs(TREE, "1")[0]
JUDGES = mutate.load_judges(LAB)
MUTANTS = mutate.load_mutants(TREE, LAB, JUDGES)
each_mutant = pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)


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
def reference(workshop: Path) -> Programs:
    return mutate.build_reference(TREE, LAB, workshop / "reference")


@pytest.fixture
def programs(mutant: Mutant, workshop: Path, reference: Programs) -> Iterator[Programs]:
    folder = workshop / mutant.name
    yield mutate.build(TREE, LAB, mutant, folder, reference)
    shutil.rmtree(folder)


@each_mutant
def test_loses_what_its_header_names(mutant: Mutant, programs: Programs, tmp_path: Path, bochs: str) -> None:
    lost = []
    for judge in mutate.touched(JUDGES, LAB, mutant):
        draw = crc32(f"{mutant.name} {judge.name}".encode())
        kept = judge.name not in mutant.loses
        if kept and draw % KEPT_SHARE:
            continue
        if mutate.lost(judge, programs, seed="0", folder=tmp_path, bochs=bochs, only=draw if kept else None):
            lost.append(judge.name)
    assert not mutate.verdict(mutant, lost)


@pytest.mark.long
@each_mutant
def test_loses_nothing_else_in_any_case(mutant: Mutant, programs: Programs, tmp_path: Path, bochs: str) -> None:
    lost = [judge.name for judge in mutate.touched(JUDGES, LAB, mutant)
            if mutate.lost(judge, programs, seed="1", folder=tmp_path, bochs=bochs)]
    assert not mutate.verdict(mutant, lost)


@pytest.mark.long
@each_mutant
def test_fails_on_every_seed(mutant: Mutant, programs: Programs, tmp_path: Path, bochs: str) -> None:
    """The checks that it must lose take turns."""
    by_name = {judge.name: judge for judge in JUDGES}
    survived = []
    for seed in range(50):
        judge = by_name[mutant.loses[seed % len(mutant.loses)]]
        if not mutate.lost(judge, programs, seed=str(seed), folder=tmp_path, bochs=bochs):
            survived.append(f"{judge.name} with seed {seed}")
    assert not survived


def test_each_check_is_lost_by_some_mutant() -> None:
    assert {judge.name for judge in JUDGES} == {name for mutant in MUTANTS for name in mutant.loses}


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
        mutate.load_mutants(tmp_path, LAB, JUDGES)


@pytest.mark.parametrize(("diff", "message"), [
    ("--- boot/boot0/mbr.S\n+++ boot/boot0/mbr.S\n@@ -1 +1 @@\n-no such line\n+b\n", "does not apply"),
    ("--- boot/boot0/probe.S\n+++ boot/boot0/probe.S\n@@ -1 +1 @@\n-a\n+b\n", "must change some of"),
    ("--- boot/boot0/mbr.S\n+++ boot/boot0/mbr.S\n@@ -1,2 +1,2 @@\n-/*\n+/* a\n  * mbr: the master boot record without a menu."
     "  It finds the one active\n", "its mbr is the"),
])
def test_a_patch_that_is_none_is_refused(diff: str, message: str, tmp_path: Path, workshop: Path, reference: Programs) -> None:
    path = tmp_path / "none.patch"
    path.write_text(f"A mistake.\nloses: 1.4 entry (1 point)\n\n{diff}", encoding="ascii")
    mutant = replace(MUTANTS[0], name="none", patch=path)
    with pytest.raises(HarnessFault, match=message):
        mutate.build(TREE, LAB, mutant, workshop / tmp_path.name, reference)


def test_the_difference_is_told() -> None:
    mutant = replace(MUTANTS[0], loses=("1.4 entry", "1.6 keys"))
    assert mutate.verdict(mutant, ["1.4 entry", "1.6 keys"]) == ""
    assert mutate.verdict(mutant, ["1.6 keys", "1.6 refuse"]) == "does not lose 1.4 entry; loses 1.6 refuse"
