# SPDX-License-Identifier: GPL-2.0-only
# Can this tree be built here? One line says what is missing.

check_tools()
{
	local tool

	for tool in make flex bison bc "$CC" ld objcopy nm readelf ar tar sha256sum flock; do
		command -v "$tool" >/dev/null || die "$tool is not installed (ci/install installs what is needed)"
	done
}

# The parts of a tree that the build reads, see tree_parts in sync.sh.
check_tree()
{
	local part

	[[ -d $tree ]] || die "$tree: no such directory"
	[[ -e $tree/Kbuild && -e $tree/Makefile && -n $(tree_version "$tree") ]] || die "$tree: not a Linux source tree"
	[[ -d $tree/arch/x86 ]] || die "$tree: has no arch/x86: a tree for another architecture"
	for part in arch/x86/kvm/Makefile arch/x86/kvm/mmu/tdp_mmu.c virt/kvm/kvm_main.c include/linux/kvm_host.h \
		scripts/Makefile.build scripts/kconfig/Makefile kernel/bounds.c lib/xarray.c tools/include/linux/types.h; do
		[[ -e $tree/$part ]] || die "$tree: a partial tree, $part is missing"
	done
}

check_compiler()
{
	local have need

	"$CC" --version | head -n 1 | grep -qi clang && die "$CC is clang: the instrumentation that is needed is gcc's"
	have=$("$CC" -dumpfullversion)
	need=$(sh "$tree/scripts/min-tool-version.sh" gcc 2>/dev/null || echo 11.0.0)
	# KCSAN's distinction of volatile accesses came with gcc 11.
	version_at_least "$need" 11.0.0 || need=11.0.0
	version_at_least "$have" "$need" || die "$CC is gcc $have, too old: this tree needs gcc $need"
}
