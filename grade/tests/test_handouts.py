"""The handouts hold: they build, they ask the network for nothing, they leak no solution, they name what exists."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from grade.labs import SOURCE_FOLDERS, load_labs
from grade.marks import find_marks

ROOT = Path(__file__).resolve().parent.parent.parent
HANDOUTS = ROOT / "handouts"
SUFFIXES = (".S", ".c", ".h", ".ld", ".py")
BUILD_SECONDS = 120

sys.path.insert(0, str(HANDOUTS / "_ext"))
import excerpt  # noqa: E402
import growth  # noqa: E402
import layout  # noqa: E402


def build(source: Path, out: Path, *, builder: str = "html") -> subprocess.CompletedProcess[str]:
    """Run Sphinx as `make handouts` does."""
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", builder, source, out]
    return subprocess.run(command, capture_output=True, text=True, timeout=BUILD_SECONDS, check=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("site")
    done = build(HANDOUTS, out)
    assert done.returncode == 0, done.stdout + done.stderr
    return out


class Page(HTMLParser):
    """What a page loads, what it links to, and the places in it that can be linked to."""

    LOADING = {"src", "srcset", "poster", "data", "background", "action"}

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" and value:
                self.anchors.add(value)
            elif name in self.LOADING or (name == "href" and tag not in ("a", "area")):
                self.loads.append(value or "")
            elif name == "href":
                self.links.append(value or "")


def outside(url: str) -> bool:
    """Whether a browser would ask a host for this URL."""
    parts = urlsplit(url.strip())
    return bool(parts.netloc) or parts.scheme in ("http", "https", "ws", "wss", "ftp")


def test_no_page_loads_anything_from_a_host(site: Path) -> None:
    pages = sorted(site.glob("**/*.html"))
    assert len(pages) >= 3
    assert [(page.name, url) for page in pages for url in Page(page).loads if outside(url)] == []


def test_no_style_or_script_names_a_host(site: Path) -> None:
    """In CSS, url() and @import; in JavaScript and inline scripts, any URL in a string, but for names of formats."""
    found = []
    for path in sorted(site.glob("**/*.css")) + sorted(site.glob("**/*.html")):
        text = path.read_text(encoding="utf-8")
        urls = re.findall(r"(?:url\(|@import)\s*[\"']?([^\"')\s]+)", text)
        found += [(path.name, url) for url in urls if outside(url)]
    for path in sorted(site.glob("**/*.js")):
        text = re.sub(r"/\*.*?\*/|(?<![:\"'])//[^\n]*", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        urls = re.findall(r"[\"'`]((?:https?:|wss?:)?//[\w.-]+\.[^\"'`]*)", text)
        found += [(path.name, url) for url in urls if not url.startswith("http://www.w3.org/")]
    assert found == []


def test_every_local_link_leads_somewhere(site: Path) -> None:
    pages = {path: Page(path) for path in site.glob("**/*.html")}
    broken = []
    for path, page in pages.items():
        for link in page.links + page.loads:
            parts = urlsplit(link)
            if outside(link) or parts.scheme:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            there = target in pages and (not parts.fragment or parts.fragment in pages[target].anchors)
            if not there and not (target.is_file() and target not in pages):
                broken.append((path.name, link))
    assert broken == []


def exercises() -> list[tuple[str, str, str]]:
    """Handout, section and number of every exercise of every lab."""
    return [(lab.handout, one.section, one.number) for lab in load_labs(ROOT) for one in lab.exercises]


@pytest.mark.parametrize(("handout", "section", "number"), exercises())
def test_every_exercise_has_its_section(site: Path, handout: str, section: str, number: str) -> None:
    page = (site / Path(handout).relative_to("handouts")).with_suffix(".html")
    assert section in Page(page).anchors
    assert f":mark: {number}\n" in (ROOT / handout).read_text(encoding="utf-8")


def shortened(lines: Sequence[str]) -> set[str]:
    """Lines without what is only layout."""
    return {" ".join(line.split()) for line in lines}


def solutions() -> Iterator[tuple[str, str]]:
    """Every line of every solution that is long enough to be told from idiom, and stands nowhere else in the system."""
    labs = load_labs(ROOT)
    marked = {source for lab in labs for source in lab.files.values() if (ROOT / source).exists()}
    given = [(ROOT / path).read_text(encoding="utf-8").split("\n") for path in listed() if path not in marked]
    elsewhere = shortened([line for lines in given for line in lines])
    for source in sorted(marked):
        text = (ROOT / source).read_text(encoding="utf-8")
        lines = text.split("\n")
        marks = find_marks(text, source)
        inside = {i for mark in marks for i in range(mark.begin, mark.stub_line - 1)}
        known = elsewhere | shortened([line for i, line in enumerate(lines) if i not in inside])
        for mark in marks:
            for line in lines[mark.begin : mark.stub_line - 1]:
                code = " ".join(line.partition("/*")[0].split())
                if len(code) >= 18 and code not in known:
                    yield source, code


def test_no_solution_leaks(site: Path) -> None:
    known = list(solutions())
    assert known, "the marks hold no solution to look for"
    shown = ""
    for path in site.glob("**/*.html"):
        text = re.sub(r"<[^>]*>", "", path.read_text(encoding="utf-8"))
        shown += " ".join(text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").split())
    assert [(source, line) for source, line in known if line in shown] == []


def listed() -> list[str]:
    lines = (HANDOUTS / "reading-order.txt").read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def test_reading_order_is_whole() -> None:
    git = subprocess.run(["git", "ls-files", *SOURCE_FOLDERS], cwd=ROOT, capture_output=True, text=True, check=False)
    if git.returncode != 0:
        pytest.skip("not a git checkout: what is tracked is not known")
    tracked = {path for path in git.stdout.splitlines() if path.endswith(SUFFIXES) and (ROOT / path).exists()}
    order = listed()
    assert sorted(path for path in set(order) if order.count(path) > 1) == [], "listed twice"
    assert sorted(path for path in order if not (ROOT / path).is_file()) == [], "listed and not there"
    assert sorted(tracked - set(order)) == [], "not listed in handouts/reading-order.txt"


def test_keys_cited_in_the_source_are_in_the_bibliography() -> None:
    """A key has two capitals, a digit, a point or a section in it: `[file]` in a grammar is none."""
    keys = set(re.findall(r"\*\*\[([^\]]+)\]\*\*", (HANDOUTS / "bibliography.md").read_text(encoding="utf-8")))
    unknown = []
    for path in listed():
        text = (ROOT / path).read_text(encoding="utf-8")
        for comment in re.findall(r"/\*.*?\*/", text, flags=re.DOTALL):
            cited = re.findall(r"(?<![\w\]])\[([A-Za-z][\w./-]*(?:\(\d\))?)(?:[ :][^\]]*)?\]", comment)
            unknown += [(path, key) for key in cited if key not in keys and re.search(r"[A-Z]{2}|[\d.(]", key)]
    assert unknown == []


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A tree of one lab, one marked file and one page, to break."""
    for name in ("grade", "handouts/_ext", "handouts/_static"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("tests", "__pycache__"))
    shutil.copy(HANDOUTS / "conf.py", tmp_path / "handouts")
    for name in ("boot", "labs/1-x"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "labs/1-x/lab.toml").write_text(
        'title = "x"\nhandout = "handouts/index.md"\n[files]\n"x.S" = "boot/x.S"\n'
        '[[exercise]]\nnumber = "1.1"\ntitle = "x"\nfile = "x.S"\npoints = 1\nsection = "x"\n',
        encoding="utf-8",
    )
    (tmp_path / "boot/x.S").write_text(
        "/*\n * x: an example.\n */\n\n/*\n * Leaves 1 in AX.\n */\nx:\n/* LAB 1.1 BEGIN */\n\tmov\t$1, %ax\n"
        '/* LAB 1.1 STUB lab_stub "LAB 1.1: x" */\n/* LAB 1.1 END */\n\tret\n',
        encoding="utf-8",
    )
    return tmp_path


def build_page(tree: Path, body: str) -> subprocess.CompletedProcess[str]:
    (tree / "handouts/index.md").write_text(f"# x\n\n{body}\n", encoding="utf-8")
    return build(tree / "handouts", tree / "out")


def test_a_mark_is_shown_as_the_student_has_it(small: Path) -> None:
    done = build_page(small, "```{source} boot/x.S\n:mark: 1.1\n```")
    assert done.returncode == 0, done.stdout + done.stderr
    text = re.sub(r"<[^>]*>", "", (small / "out/index.html").read_text(encoding="utf-8"))
    assert "Leaves 1 in AX" in text and "LAB 1.1: x" in text and "labs/1-x/x.S, line 5" in text
    assert "$1, %ax" not in text and "BEGIN" not in text


def test_a_release_builds_from_its_stubs(small: Path) -> None:
    stubs = small / "solved/stubs/1-x"
    stubs.mkdir(parents=True)
    (small / "boot/x.S").unlink()
    (stubs / "x.S").write_text('/*\n * Says so.\n */\nx:\n/* LAB 1.1: here */\nlab_stub "LAB 1.1: x"\n', encoding="utf-8")
    done = build_page(small, "```{source} boot/x.S\n:mark: 1.1\n```\n\n{src}`boot/x.S`, {src}`labs/1-x/x.S`")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Says so" in (small / "out/index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("```{source} boot/x.S\n:mark: 1.2\n```", "index.md, line 3: labs/1-x/x.S: it has no exercise 1.2"),
        ("```{source} boot/x.S\n:function: y\n```", "index.md, line 3: labs/1-x/x.S: it has no label y"),
        ("```{source} boot/y.S\n:opening:\n```", "boot/y.S: No such file or directory"),
        ("```{source} boot/x.S\n```", "give exactly one of"),
        ("{src}`boot/y.S`", "the tree has no boot/y.S"),
        ("{key}`NONE`", "key-none"),
        ("```{layout} A byte\n9 too long\n```", "runs over the end of its row"),
        ("```{growth} Costs\nours: 16 28\n```", "index.md, line 3: 'ours: 16 28': want two sizes or more"),
    ],
)
def test_a_wrong_name_stops_the_build(small: Path, body: str, message: str) -> None:
    done = build_page(small, body)
    assert done.returncode != 0
    assert message in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


TABLE = """/*
 *	subsystem	order	function		file
 *	KMEM		FIRST	kmeminit		kern/kern_malloc.c
 *	KMEM		SECOND	malloc_init		kern/kern_malloc.c (each MALLOC_DEFINE)
 *	CPU		FIRST	kproc_start		kern/kern_x.c
 *	CPU		SECOND	print		kern/kern_x.c
 *	CPU		SECOND	print		kern/kern_x.c
 *
 */
enum sysinit_sub_id {
	SI_SUB_KMEM		= 0x1800000,	/* malloc() */
	SI_SUB_KLD		= 0x2000000,	/* modules <join> */
	SI_SUB_CPU		= 0x2100000
};
enum sysinit_elem_order {
	SI_ORDER_FIRST		= 0x0000000,
	SI_ORDER_SECOND		= 0x0000001
};
"""


@pytest.fixture
def small_kernel(small: Path) -> Path:
    """A tree with a kernel of three SYSINITs."""
    files = {"sys/kernel.h": TABLE, "kern/kern_kthread.c": "void\nkproc_start(void)\n{\n}\n",
             "kern/kern_x.c": "\nSYSINIT(x, SI_SUB_CPU,\n    FIRST, kproc_start, &x);\nvoid\nprint(void)\n{\n}\n"
                              "SYSINIT(y, SI_SUB_CPU, SECOND, print, 1);\nSYSINIT(z, SI_SUB_CPU, SECOND, print, 2);\n",
             "sys/malloc.h": "\n\n#define\tMALLOC_DEFINE(type)\n",
             "kern/kern_malloc.c": "void\nkmeminit(void)\n{\n}\n\nvoid\nmalloc_init(void)\n{\n}\n"}
    for name, text in files.items():
        path = small / "kernel" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return small


WHEN = "```{what-runs-when}\n```\n\n```{free-places}\n```\n\n```{boot-line} x\nKMEM a < b\n```\n"


def test_what_runs_when(small_kernel: Path) -> None:
    done = build_page(small_kernel, WHEN)
    assert done.returncode == 0, done.stdout + done.stderr
    text = (small_kernel / "out/index.html").read_text(encoding="utf-8")
    rows = [re.sub(r"<[^>]*>", " ", row).split() for row in re.findall(r"<tr.*?</tr>", text, re.DOTALL)]
    assert rows[1] == ["1800000", "KMEM", ":", "malloc()", "FIRST", "kmeminit()", "kern/kern_malloc.c:1"]
    assert rows[2] == ["SECOND", "malloc_init()", ",", "for", "each", "MALLOC_DEFINE", "kern/kern_malloc.c:6",
                       ",", "by", "sys/malloc.h:3"]
    assert rows[3][-6:] == ["kproc_start()", "kern/kern_kthread.c:1", ",", "SYSINIT", "at", "kern/kern_x.c:2"]
    assert [row[-5:] for row in rows[4:6]] == [
        ["kern/kern_x.c:4", ",", "SYSINIT", "at", place] for place in ("kern/kern_x.c:8", "kern/kern_x.c:9")]
    assert rows[7:] == [["2000000", "KLD", "modules", "&lt;join&gt;"]]
    assert text.count('class="stop"') == 2 and "a &lt; b" in text


@pytest.mark.parametrize(("file", "old", "new", "message"), [
    ("kern/kern_malloc.c", "kmeminit", "kmeminit2", "line 3: kernel/kern/kern_malloc.c has no function kmeminit"),
    ("kern/kern_malloc.c", "malloc_init", "SYSINIT(malloc_init)", "line 4: kernel/kern/kern_malloc.c has no function"),
    ("kern/kern_kthread.c", "kproc_start", "kproc", "line 5: no file below kernel/ has the function kproc_start"),
    ("kern/kern_x.c", "kproc_start", "kproc", "line 5: kernel/kern/kern_x.c has no function kproc_start, nor a SYSINIT"),
    ("sys/malloc.h", "MALLOC_DEFINE", "MALLOC", "line 4: no header in kernel/sys has the macro MALLOC_DEFINE"),
    ("sys/kernel.h", "kern/kern_x.c", "kern/kern_y.c", "line 5: kproc_start's file, kernel/kern/kern_y.c, is not"),
    ("sys/kernel.h", "\tCPU\t", "\tCPV\t", "line 5: there is no SI_SUB_CPV"),
    ("sys/kernel.h", "KMEM\t\tFIRST", "KLD\t\tFIRST", "line 4: malloc_init stands behind something later"),
    ("sys/kernel.h", "KMEM\t\t", "KLD\t\t", "the table runs nothing in KMEM"),
])
def test_a_wrong_table_stops_the_build(small_kernel: Path, file: str, old: str, new: str, message: str) -> None:
    path = small_kernel / "kernel" / file
    assert old in path.read_text(encoding="utf-8")
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    done = build_page(small_kernel, WHEN)
    assert done.returncode != 0
    assert message in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


C_SOURCE = """/* A licence. */
/*
 * c: an example.
 */
int
other(void)
{
	return function();
}

static struct thing *
function(int a)
{
	if (a) {
		return 0;
	}
	return &thing;
}
"""


def test_excerpts_of_c() -> None:
    assert excerpt.opening(C_SOURCE).lines == ("/*", " * c: an example.", " */")
    found = excerpt.c_function(C_SOURCE, "function")
    assert (found.first, found.lines[0], found.lines[-1]) == (11, "static struct thing *", "}")
    assert len(found.lines) == 8
    with pytest.raises(excerpt.ExcerptError, match="no function func"):
        excerpt.c_function(C_SOURCE, "func")
    with pytest.raises(excerpt.ExcerptError, match="twice"):
        excerpt.c_function(C_SOURCE + C_SOURCE, "function")


ASM_SOURCE = """first:
	ret

/*
 * Contract of second.
 */
second:
	nop
1:	jmp	1b
third:	ret

IDTVEC(entry)
	push	$0

/*
 * Contract of 1.1.
 */

fourth:
	/* LAB 1.1: your code goes here */
	lab_stub "LAB 1.1: fourth"
	/* LAB 1.10: your code goes here */
"""


def test_excerpts_of_assembly() -> None:
    second = excerpt.asm_routine(ASM_SOURCE, "second")
    assert (second.first, second.lines[-1]) == (4, "1:\tjmp\t1b")
    assert excerpt.asm_routine(ASM_SOURCE, "first").lines == ("first:", "\tret")
    assert excerpt.asm_routine(ASM_SOURCE, "entry").lines == ("IDTVEC(entry)", "\tpush\t$0")
    fourth = excerpt.exercise(ASM_SOURCE, "1.1")
    assert (fourth.first, fourth.lines[-1]) == (15, '\tlab_stub "LAB 1.1: fourth"')


def test_layout_draws_every_field() -> None:
    fields = layout.parse(["1 flag", "3 *first|CHS", "4 rest", "2 more"])
    assert [field.at for field in fields] == [0, 1, 4, 8]
    svg = layout.draw("An <entry>", fields, base=0x1B0, bits=False)
    assert svg.count("<rect") == 4 and svg.count("cell strong") == 1
    assert "1B0h" in svg and "1B8h" in svg and "An &lt;entry&gt;" in svg
    for wrong in (["x flag"], ["0 flag"], ["3"], []):
        with pytest.raises(layout.LayoutError):
            layout.parse(wrong)


def test_growth_draws_every_curve() -> None:
    curves = growth.parse(["*ours: 16 28.1, 256 37", "", "<others>: 16 29, 4096 79"])
    assert [curve.points for curve in curves] == [((16, 28.1), (256, 37.0)), ((16, 29.0), (4096, 79.0))]
    svg = growth.draw("Costs", curves, axes=("entries", "instructions"))
    assert svg.count('class="curve strong"') == 1 and svg.count('class="curve"') == 1 and "&lt;others&gt;" in svg
    assert svg.count("<circle") == 2 and ">28.1<" in svg and ">79<" not in svg
    assert [mark in svg for mark in (">16<", ">64<", ">4096<", ">16384<", ">80<", ">100<")] == [True] * 3 + [False, True, False]
    for wrong in (["x: 16 1"], ["x: 16 1, 16 2"], ["x: 0 1, 16 2"], ["x: 16, 64 2"], ["x"], []):
        with pytest.raises(growth.GrowthError):
            growth.parse(wrong)
