#!/bin/sh
# Finds the tools that proc0 is built, judged and documented with, and installs
# those that are missing from the distribution's packages.
#
#   sh grade/setup.sh            install what is missing, print a table of what is there
#   sh grade/setup.sh --probe    look only, and only where it is quick
#
# Either way the findings go to build/tools.mk, which GNUmakefile includes:
#
#   PYTHON, TOOLPREFIX     as found, or as the caller's environment had them
#   CC, LD, OBJCOPY ...    follow TOOLPREFIX; -m32 and elf_i386 cost a cross compiler nothing
#   HOSTCC                 makes programs that run here, such as btxld; as found, or given
#   BOCHS, QEMU, SFDISK,
#   MAKEFS                 full paths: /sbin is off a user's PATH
#   SPHINX                 the command that builds the handouts
#   MISSING                the names, as in the table, of what was not found
#
# What the user has is never removed: any compiler that makes 32-bit code will
# do, and apt-get is told to fail rather than remove a package. A tool of the
# group "needed" that is missing at the end makes the exit status 1; the others
# are reported, and the verbs that want them say so.

set -u

usage() {
	cat <<'END'
usage: sh grade/setup.sh [--probe | --help]

Installs the tools that are missing (apt-get, by sudo unless root), prints
what was found and writes it to build/tools.mk.

  --probe   write build/tools.mk and nothing else: no installing, no table
  --help    this text

The environment decides over what is found:
  PYTHON=/path/to/python3    a Python >= 3.10 with pexpect, pytest and xdist
  TOOLPREFIX=i686-elf-       the compiler is ${TOOLPREFIX}gcc, called with -m32
  HOSTCC=clang               the compiler of programs that run on this machine
END
}

# The tools, a line each: group, name, what it is for, packages that bring it.
# The name is what `look` knows it by, and what MISSING calls it.
tools() {
	cat <<'END'
needed|compiler|makes 32-bit code|gcc-i686-linux-gnu
needed|hostcc|makes tools for this machine|gcc libc6-dev
needed|python|runs the harness|python3 python3-pexpect python3-pytest python3-pytest-xdist python3-tomli
needed|bochs|the PC that judges|bochs bochs-term
needed|bochsbios|its BIOS|bochsbios
needed|vgabios|its video BIOS|vgabios
needed|qemu-system-i386|the quicker PC|qemu-system-x86
needed|sfdisk|partitions disk images|fdisk
needed|makefs|makes UFS1 file systems|makefs
needed|bwrap|fences submissions in|bubblewrap
needed|setpriv|drops privileges|util-linux
needed|patch|makes the mutants|patch
handouts|sphinx|builds the handouts|python3-sphinx python3-myst-parser furo
check|syslinux-mbr|a third party's MBR|syslinux-common
check|install-mbr|a third party's MBR|mbr
check|grub-mkimage|a third party's loader|grub-common grub-pc-bin
check|extlinux|a third party's loader|extlinux
check|syslinux|a third party's loader|syslinux
check|fls|reads UFS1 file systems|sleuthkit
check|mcopy|writes FAT without mounting|mtools
check|mkfs.fat|makes FAT file systems|dosfstools
check|bsd-tree|BSD's splay trees|libbsd-dev
debug|gdb|speaks to QEMU's stub|gdb
END
}

# fail MESSAGE: one line for the user, and the end.
fail() {
	echo "setup: $1" >&2
	exit 1
}

# --- Looking ----------------------------------------------------------------
# Each look_* leaves in $found what the table shows: where the tool is and its
# version, or when it returns 1, why it will not do.

# Any command: its path.
look_command() {
	found=$(command -v "$1") || { found="not found"; return 1; }
}

# A file that must be readable.
look_file() {
	found=$1
	[ -r "$1" ] || { found="no $1"; return 1; }
}

# compiles PREFIX: whether ${PREFIX}gcc -m32 makes and links freestanding code,
# with the 64-bit division that only a 32-bit libgcc brings, and the rest of
# its binutils are there.
compiles() {
	for tool in gcc ld objcopy objdump nm; do
		command -v "$1$tool" >/dev/null || return 1
	done
	cat >"$scratch/test.c" <<'END'
#include <stdint.h>
uint64_t quotient(uint64_t a, uint64_t b) { return (a / b); }
void start(void) { }
END
	"$1gcc" -m32 -ffreestanding -fno-pic -nostdlib -static -Wl,-e,start \
	    -o "$scratch/test" "$scratch/test.c" -lgcc 2>/dev/null
}

# Sets $prefix. A TOOLPREFIX of the caller's is the only candidate then.
look_compiler() {
	if [ "${TOOLPREFIX+set}" ]; then
		prefix=$TOOLPREFIX
		compiles "$prefix" || {
			found="TOOLPREFIX=$prefix makes no 32-bit code"
			return 1
		}
	else
		for prefix in i686-elf- i686-linux-gnu- "" none; do
			[ "$prefix" = none ] && break
			compiles "$prefix" && break
		done
		[ "$prefix" = none ] && {
			prefix=i686-linux-gnu-
			found="no gcc makes 32-bit code"
			return 1
		}
	fi
	found="$(command -v "${prefix}gcc") -m32"
	[ "$mode" = probe ] || found="$found ($("${prefix}gcc" -dumpfullversion))"
}

# makes_programs CC: whether it compiles and links a program of the C library.
makes_programs() {
	cat >"$scratch/host.c" <<'END'
#include <stdio.h>
int main(void) { return (puts("") < 0); }
END
	"$1" -o "$scratch/host" "$scratch/host.c" 2>/dev/null
}

# Sets $hostcc. A HOSTCC of the caller's is the only candidate then.
look_hostcc() {
	if [ "${HOSTCC:+set}" ]; then
		hostcc=$HOSTCC
		makes_programs "$hostcc" || {
			found="HOSTCC=$hostcc makes no programs"
			return 1
		}
	else
		for hostcc in cc gcc none; do
			[ "$hostcc" = none ] && break
			makes_programs "$hostcc" && break
		done
		[ "$hostcc" = none ] && {
			hostcc=cc
			found="neither cc nor gcc makes programs"
			return 1
		}
	fi
	found=$(command -v "$hostcc")
}

# python_does PYTHON: whether it is new enough and has the modules. A probe
# asks only whether they could be imported, which is quicker by far.
python_does() {
	"$1" -c '
import sys
from importlib.util import find_spec
if sys.version_info < (3, 10):
    sys.exit(1)
names = ["pexpect", "pytest", "xdist", "tomllib" if sys.version_info >= (3, 11) else "tomli"]
if not all(find_spec(name) for name in names):
    sys.exit(1)
if sys.argv[1] != "probe":
    for name in names:
        __import__(name)
' "$mode" 2>/dev/null
}

# Sets $python, as a path that stays the same whatever PATH is later.
look_python() {
	if [ "${PYTHON:+set}" ]; then
		python=$PYTHON
		python_does "$python" || {
			found="PYTHON=$python is not 3.10 with pexpect, pytest and xdist"
			return 1
		}
	else
		for python in "$(command -v python3)" /usr/bin/python3 none; do
			[ "$python" = none ] && break
			[ -n "$python" ] && python_does "$python" && break
		done
		[ "$python" = none ] && {
			python=/usr/bin/python3
			found="no Python >= 3.10 with pexpect, pytest and xdist"
			return 1
		}
	fi
	found=$python
	[ "$mode" = probe ] || found="$found ($("$python" -V))"
}

# Bochs with the debugger compiled in and the term display: start it and ask
# it to quit at once. Without the debugger it would boot instead, hence the limit.
look_bochs() {
	look_command bochs || return 1
	[ "$mode" = probe ] && return 0
	printf 'display_library: term\nlog: /dev/null\n' >"$scratch/bochsrc"
	echo quit >"$scratch/commands"
	said=$(TERM=dumb timeout 20 bochs -q -f "$scratch/bochsrc" \
	    -rc "$scratch/commands" 2>&1 </dev/null)
	case $said in
	*"connected to screen"*) ;;
	*) found="$found lacks the term display"; return 1 ;;
	esac
	case $said in
	*"Next at t="*) ;;
	*) found="$found lacks the debugger"; return 1 ;;
	esac
	version=$(printf '%s\n' "$said" |
	    sed -n 's/^ *Bochs x86 Emulator \([^ ]*\).*/\1/p' | head -n 1)
	found="$found ($version, with debugger)"
}

# bubblewrap, and a kernel that lets it make namespaces. Where the kernel does
# not, that is told ($refused) but neither missing nor fatal: no package would
# help, and only strangers' code needs the fence.
look_bwrap() {
	look_command bwrap || return 1
	bwrap --unshare-user --unshare-net --unshare-pid --ro-bind / / \
	    /bin/true 2>/dev/null || {
		found="$found, but this system refuses it namespaces"
		refused=yes
		return 1
	}
}

# Sets $sphinx: the harness' Python, or else the distribution's.
look_sphinx() {
	for candidate in "$python" /usr/bin/python3; do
		sphinx="$candidate -m sphinx"
		found=$sphinx
		"$candidate" -c '
import sys
from importlib.util import find_spec
sys.exit(not all(find_spec(name) for name in ("sphinx", "myst_parser", "furo")))
' 2>/dev/null && return 0
	done
	found="no Python with sphinx, myst_parser and furo"
	return 1
}

# look NAME: the one of these that a name of the table means.
look() {
	case $1 in
	compiler)     look_compiler ;;
	hostcc)       look_hostcc ;;
	python)       look_python ;;
	bochs)        look_bochs ;;
	bochsbios)    look_file "${BXSHARE:-/usr/share/bochs}/BIOS-bochs-latest" ;;
	vgabios)      look_file "${BXSHARE:-/usr/share/bochs}/VGABIOS-lgpl-latest" ;;
	bwrap)        look_bwrap ;;
	sphinx)       look_sphinx ;;
	syslinux-mbr) look_file /usr/lib/syslinux/mbr/mbr.bin ;;
	bsd-tree)     look_file /usr/include/bsd/sys/tree.h ;;
	grub-mkimage) look_command grub-mkimage && look_file /usr/lib/grub/i386-pc/boot.img ;;
	*)            look_command "$1" ;;
	esac
}

# Looks for every tool. Leaves the table's rows in $scratch/table, the names of
# the missing in $missing, and "group package" lines in $scratch/wanted.
look_all() {
	missing=""
	refused=no
	: >"$scratch/table"
	: >"$scratch/wanted"
	tools >"$scratch/tools"
	while IFS='|' read -r group name purpose packages; do
		if look "$name"; then
			mark=ok
		else
			mark=MISSING
			[ "$name:$refused" = bwrap:yes ] || missing="$missing $name"
			wanted_packages "$name" "$packages" |
			    sed "s/^/$group /" >>"$scratch/wanted"
		fi
		printf '%-8s  %-16s  %-28s  %-7s  %s\n' \
		    "$group" "$name" "$purpose" "$mark" "$found" >>"$scratch/table"
	done <"$scratch/tools"
}

# wanted_packages NAME PACKAGES: the packages worth installing for a missing
# tool, one a line; none where installing would not help.
wanted_packages() {
	case $1 in
	compiler)
		[ "${TOOLPREFIX+set}" ] && return
		if is_installed gcc-multilib; then
			set -- "$1" "gcc gcc-multilib"
		fi ;;
	hostcc)
		[ "${HOSTCC:+set}" ] && return ;;
	python)
		[ "${PYTHON:+set}" ] && return ;;
	bwrap)
		[ "$refused" = yes ] && return ;;
	esac
	# shellcheck disable=SC2086 # a list, to be split
	printf '%s\n' $2
}

# --- Installing -------------------------------------------------------------

is_installed() {
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# packages_of PATTERN: the wanted packages of the groups that match, on one line.
packages_of() {
	sed -n "s/^\($1\) //p" "$scratch/wanted" | sort -u | tr '\n' ' '
}

# as_root COMMAND...: runs it with a root's rights and no questions asked.
as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		env DEBIAN_FRONTEND=noninteractive "$@"
	else
		sudo env DEBIAN_FRONTEND=noninteractive "$@"
	fi
}

# install PACKAGE...: all of them, or none and the end.
install() {
	echo "setup: installing $*"
	as_root apt-get install -y --no-install-recommends --no-remove "$@" ||
	    fail "apt-get could not install $*; its reason is above"
}

# Installs what $scratch/wanted lists. A package of the groups that are not
# needed may be unknown to this distribution; it is left out then.
install_wanted() {
	everything=$(packages_of '[a-z]*')
	everything=${everything% }
	[ -n "$everything" ] || return 0
	command -v apt-get >/dev/null ||
	    fail "no apt-get here; install what these Debian packages hold: $everything"
	[ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null ||
	    fail "not root, and no sudo; as root: apt-get install $everything"
	updated=yes
	as_root apt-get update -o APT::Update::Error-Mode=any || updated=no

	needed=$(packages_of needed)
	# shellcheck disable=SC2086 # package names, to be split
	[ -z "$needed" ] || install $needed
	known=""
	unknown=""
	for package in $(packages_of 'handouts\|check\|debug'); do
		if apt-cache show "$package" >/dev/null 2>&1; then
			known="$known $package"
		else
			unknown="$unknown $package"
		fi
	done
	# shellcheck disable=SC2086
	[ -z "$known" ] || install $known
	[ -z "$unknown" ] || [ "$updated" = yes ] ||
	    fail "apt-get update failed, and without it these are unknown:$unknown"
}

# --- Telling ----------------------------------------------------------------

# path_of COMMAND: its full path, or its name where there is none.
path_of() {
	command -v "$1" || echo "$1"
}

# Writes build/tools.mk, whole or not at all, and not when it says so already.
write_makefile() {
	mkdir -p build || fail "cannot make the folder build"
	new=build/tools.mk.$$
	cat >"$new" <<END || fail "cannot write $new"
# Written by grade/setup.sh: what was found on this machine.
PYTHON ?= $python
TOOLPREFIX ?= $prefix
HOSTCC ?= $hostcc
CC := \$(TOOLPREFIX)gcc -m32
LD := \$(TOOLPREFIX)ld -m elf_i386
OBJCOPY := \$(TOOLPREFIX)objcopy
OBJDUMP := \$(TOOLPREFIX)objdump
NM := \$(TOOLPREFIX)nm
BOCHS := $(path_of bochs)
QEMU := $(path_of qemu-system-i386)
SFDISK := $(path_of sfdisk)
MAKEFS := $(path_of makefs)
SPHINX := $sphinx
MISSING :=$missing
END
	if cmp -s "$new" build/tools.mk; then
		rm -f "$new"
		# For make it must not stay older than this script, once looked at.
		[ -z "$(find grade/setup.sh -newer build/tools.mk)" ] || touch build/tools.mk
	else
		mv -f "$new" build/tools.mk
	fi
}

# The table, and status 1 when a needed tool is missing.
report() {
	printf '%-8s  %-16s  %-28s  %-7s  %s\n' group tool 'what it is for' '' found
	cat "$scratch/table"
	lacking=""
	for name in $missing; do
		grep -q "^needed|$name|" "$scratch/tools" && lacking="$lacking $name"
	done
	[ -z "$lacking" ] || fail "still missing:$lacking"
	[ "$refused" = no ] ||
	    echo "setup: without bwrap, SUBMISSION= and class gradings are refused"
}

# --- The order of it --------------------------------------------------------

case "$#:${1-}" in
0:)          mode=full ;;
1:--probe)   mode=probe ;;
1:--help)    usage; exit 0 ;;
*)           usage >&2; exit 1 ;;
esac

cd "$(dirname "$0")/.." || exit 1
PATH=$PATH:/usr/sbin:/sbin
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM

look_all
if [ "$mode" = full ] && [ -s "$scratch/wanted" ]; then
	install_wanted
	look_all
fi
write_makefile
[ "$mode" = probe ] || report
