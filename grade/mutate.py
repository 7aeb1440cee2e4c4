"""Wrong solutions, each of which must lose exactly the points that its header names.

A check that every program passes judges nothing, and nobody would notice. So grade/mutants/<lab>/ holds mistakes
that students make, as patches to the reference, and here they are graded: by the build, the benches and the cases
of `make grade`. Such a patch says above its diff what is wrong, and what that must cost:

    SI still points at the packet when the boot sector is entered.
    loses: 1.4 entry (1 point)

    --- boot/boot0/mbr.S
    +++ boot/boot0/mbr.S
    @@ ...

A program of files that the patch leaves alone must become the very bytes that the reference's is; its checks need no
boot then.

    python3 -m grade.mutate                  every mutant, once: exactly the checks that it names are lost
    python3 -m grade.mutate --seeds 50 NAME  each check that NAME's header names is lost on each of 50 seeds
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from grade.bench import Bench, Programs
from grade.build import PROGRAMS, build_view
from grade.check import CHECK, Check, judges_of
from grade.failure import HarnessFault, StudentFailure
from grade.labs import Lab, LabError, find_labs, tree_root

_LOSES = re.compile(r"loses: (?P<checks>\d+\.\d+ [\w-]+(?:, \d+\.\d+ [\w-]+)*) \((?P<points>\d+) points?\)")


@dataclass(frozen=True)
class Mutant:
    """A wrong solution: `story` in words, the checks it must lose ("1.4 entry") and the points they are worth."""

    name: str
    story: str
    loses: tuple[str, ...]
    points: int
    patch: Path

    @property
    def sources(self) -> tuple[str, ...]:
        """The files of the tree that the patch changes."""
        return tuple(re.findall(r"^\+\+\+ (\S+)", self.patch.read_text(encoding="ascii"), re.MULTILINE))


@dataclass(frozen=True)
class Judge:
    """A check and the function that judges one case of it."""

    check: Check
    function: Callable[[Bench, object], None]

    @property
    def name(self) -> str:
        """As headers have it: "1.4 entry"."""
        return f"{self.check.exercise} {self.check.name}"


def load_mutants(tree: Path, lab: Lab, judges: Sequence[Judge]) -> tuple[Mutant, ...]:
    """The mutants of a lab, by name. Raises HarnessFault for a header that is wrong."""
    worth = {judge.name: judge.check.points for judge in judges}
    return tuple(_load(path, f"grade/mutants/{lab.name}/{path.name}", worth)
                 for path in sorted((tree / "grade" / "mutants" / lab.name).glob("*.patch")))


def _load(path: Path, where: str, worth: Mapping[str, int]) -> Mutant:
    header, _, _ = path.read_text(encoding="ascii").partition("\n--- ")
    story, _, last = header.strip().rpartition("\n")
    match = _LOSES.fullmatch(last)
    if not story or not match:
        raise HarnessFault(f"{where}: its header must be a story, then `loses: 1.4 entry, 1.6 keys (2 points)`")
    loses, points = tuple(match["checks"].split(", ")), int(match["points"])
    if unknown := [name for name in loses if name not in worth]:
        raise HarnessFault(f"{where}: there is no check {unknown[0]}")
    if points != sum(worth[name] for name in loses):
        raise HarnessFault(f"{where}: those checks are worth {sum(worth[name] for name in loses)} points, not {points}")
    return Mutant(path.stem, story, loses, points, path)


def load_judges(lab: Lab) -> tuple[Judge, ...]:
    """The checks of a lab, in the order of their file."""
    module = __import__(f"grade.checks.lab_{lab.name.replace('-', '_')}", fromlist=["*"])
    return tuple(Judge(getattr(judge, CHECK), judge) for judge in judges_of(module))


# ---------------------------------------------------------------- building


@contextmanager
def workshop(tree: Path) -> Iterator[Path]:
    """A folder of the tree's for building and booting, removed at the end."""
    (tree / "build").mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="mutants-", dir=tree / "build"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def build_reference(tree: Path, lab: Lab, folder: Path) -> Programs:
    """The reference's programs."""
    return build_view(tree, folder, [lab], submission=None, fenced=False)[lab.number]


def build(tree: Path, lab: Lab, mutant: Mutant, folder: Path, reference: Programs) -> Programs:
    """The mutant's programs, built below `folder` as a submission is. Raises HarnessFault when the patch does not
    apply, what it makes does not build, or a file that it leaves alone does not become the reference's bytes."""
    submission = folder / "submission"
    for file, source in lab.files.items():
        place = submission / "labs" / lab.name / file
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(tree / source, place)
    _apply(mutant, lab, submission)
    programs = build_view(tree, folder, [lab], submission=submission, fenced=False)[lab.number]
    if programs.errors:
        raise HarnessFault(f"{mutant.name}: it does not build:\n" + "\n".join(programs.errors.values()))
    changed = {program for program in PROGRAMS[lab.number] if programs.image(program) != reference.image(program)}
    may_change = {program for program, (_, files) in PROGRAMS[lab.number].items()
                  if any(lab.files[file] in mutant.sources for file in files)}
    if besides := changed - may_change:
        raise HarnessFault(f"{mutant.name}: its {min(besides)} is not the reference's")
    if not changed:
        be = "is" if len(may_change) == 1 else "are"
        raise HarnessFault(f"{mutant.name}: its {' and '.join(sorted(may_change))} {be} the reference's")
    return programs


def _apply(mutant: Mutant, lab: Lab, submission: Path) -> None:
    files = {source: file for file, source in lab.files.items()}
    if not mutant.sources or any(source not in files for source in mutant.sources):
        raise HarnessFault(f"{mutant.name}: it must change some of {', '.join(files)}, not {', '.join(mutant.sources)}")
    for source in mutant.sources:
        done = subprocess.run(["patch", "--fuzz=0", "--batch", "--no-backup-if-mismatch", "--reject-file=-",
                               str(submission / "labs" / lab.name / files[source]), str(mutant.patch)],
                              capture_output=True, text=True, check=False)
        if done.returncode:
            raise HarnessFault(f"{mutant.name}: the patch does not apply to {source}:\n{done.stdout}{done.stderr}")


# ---------------------------------------------------------------- judging


def lost(judge: Judge, programs: Programs, *, seed: str, folder: Path, bochs: str, only: int | None = None) -> str:
    """Why the check is lost with this seed; "" if it is not. The cases are run up to the first that fails, or `only` one
    of them is (counted round and round)."""
    cases = list(enumerate(judge.check.draw(seed)))
    for number, case in cases if only is None else [cases[only % len(cases)]]:
        place = folder / f"{judge.check.name}-{seed}-{number}"
        place.mkdir(parents=True)
        try:
            judge.function(Bench(place, programs, bochs=bochs), case)
        except StudentFailure as failure:
            return f"case {number}: {failure}"
        finally:
            shutil.rmtree(place)
    return ""


def touched(judges: Sequence[Judge], lab: Lab, mutant: Mutant) -> tuple[Judge, ...]:
    """The checks of the exercises in the programs that the mutant changes."""
    files = {file for _, made_of in PROGRAMS[lab.number].values() for file in made_of
             if any(lab.files[other] in mutant.sources for other in made_of)}
    exercises = {exercise.number for exercise in lab.exercises if exercise.file in files}
    return tuple(judge for judge in judges if judge.check.exercise in exercises)


def verdict(mutant: Mutant, lost_checks: Sequence[str]) -> str:
    """"" when exactly the header's checks are lost, else the difference."""
    spared = [name for name in mutant.loses if name not in lost_checks]
    besides = [name for name in lost_checks if name not in mutant.loses]
    return "; ".join([f"does not lose {', '.join(spared)}"] * bool(spared) + [f"loses {', '.join(besides)}"] * bool(besides))


# ---------------------------------------------------------------- the command line


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; see the module. A line for each mutant; 1 when one is not what its header says."""
    options = _parse(arguments)
    try:
        tree = tree_root()
        lab = find_labs(tree, options.lab)[0]
        judges = load_judges(lab)
        mutants = [mutant for mutant in load_mutants(tree, lab, judges) if not options.names or mutant.name in options.names]
        if unknown := set(options.names) - {mutant.name for mutant in mutants}:
            raise HarnessFault(f"there is no mutant {', '.join(sorted(unknown))} in grade/mutants/{lab.name}")
        seeds = [str(seed) for seed in range(options.seeds)] if options.seeds else [options.seed]
        return _judge_all(options, tree, lab, judges, mutants, seeds)
    except (HarnessFault, LabError) as error:
        print(f"mutate: {error}", file=sys.stderr)
        return 2


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python3 -m grade.mutate", description="Grade wrong solutions.")
    parser.add_argument("--lab", default="1", help="one lab (default: %(default)s)")
    parser.add_argument("--seed", default="0", help="the challenges' seed (default: %(default)s)")
    parser.add_argument("--seeds", type=int, help="only the checks that a mutant must lose, with this many seeds each")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="boots at a time (default: the cores)")
    parser.add_argument("--bochs", default="bochs", help="the emulator (default: %(default)s)")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these mutants")
    return parser.parse_args(arguments)


def _judge_all(options: argparse.Namespace, tree: Path, lab: Lab, judges: Sequence[Judge], mutants: Sequence[Mutant],
               seeds: Sequence[str]) -> int:
    wrong = 0
    with workshop(tree) as folder, ProcessPoolExecutor(options.jobs) as pool:
        reference = build_reference(tree, lab, folder / "reference")
        for mutant in mutants:
            chosen = [judge for judge in touched(judges, lab, mutant) if not options.seeds or judge.name in mutant.loses]
            programs = build(tree, lab, mutant, folder / mutant.name, reference)
            results = {seed: {judge.name: pool.submit(lost_in, lab.name, judge.name, programs, seed, folder / mutant.name / "cases",
                                                      options.bochs) for judge in chosen} for seed in seeds}
            problems = [f"seed {seed}: {problem}" for seed, of_seed in results.items() if (problem := verdict(
                mutant, [name for name, result in of_seed.items() if result.result()]))]
            wrong += bool(problems)
            print(f"{'FAIL' if problems else 'ok  '} {mutant.name:<25} -{mutant.points:<2} "
                  + ("; ".join(problems) or ", ".join(mutant.loses)), flush=True)
    print(f"{len(mutants)} mutants, {wrong} of them not as their headers say")
    return 1 if wrong else 0


def lost_in(lab: str, name: str, programs: Programs, seed: str, folder: Path, bochs: str) -> str:
    """`lost`, by names that can be sent to another process."""
    judge = next(judge for judge in load_judges(find_labs(tree_root(), lab)[0]) if judge.name == name)
    return lost(judge, programs, seed=seed, folder=folder, bochs=bochs)


if __name__ == "__main__":
    sys.exit(main())
