# SPDX-License-Identifier: GPL-2.0-only
# The copy of a tree that is built. The tree itself is only read.
#
# Copies are kept in slots, $cache/slot-N:
#     kind     configuration and compiler: for another one nothing of the objects could stay
#     content  hash of the source that src holds; absent while it changes
#     index    hash of each file in src
#     owner    the build directory that last changed it
#     src obj  the copy, and what Kbuild makes of it
# A build takes the slot with its kind and content, whoever made it; else its own, and brings that up to date file by
# file, so that Kbuild compiles what changed; else a new one.

MAX_SLOTS=8

# What the build reads, of some 80,000 files.
tree_parts()
{
	local part

	for part in Makefile Kbuild Kconfig scripts include arch/x86 arch/Kconfig virt lib kernel \
		tools/include tools/objtool tools/build tools/scripts tools/lib tools/arch/x86 security/selinux \
		init/Kconfig usr/Kconfig mm/Kconfig mm/Kconfig.debug LICENSES/preferred/GPL-2.0; do
		[[ -e $tree/$part ]] && echo "$part"
	done
	# The rest is there for its Kconfig files, which name each other, and for headers that KVM may include.
	(cd "$tree" && find . -name 'Kconfig*' -type f | sed 's,^\./,,')
	(cd "$tree" && find mm virt fs block security drivers/iommu drivers/base -name '*.h' -type f 2>/dev/null || true)
}

# Stands for a build in the tree itself: Kbuild would refuse, or use, what that left behind.
is_built()
{
	grep -vE '(^|/)\.[^/]|\.(o|a|ko|so|cmd|mod|mod\.c|order|symvers|s|i|lst|dtb|so\.dbg)$' |
		grep -vE '^(include/(config|generated)|arch/x86/include/generated)/' |
		grep -vE '^(scripts/mod/(devicetable-offsets|elfconfig)\.h|arch/x86/kvm/kvm-asm-offsets\.h)$' |
		grep -vE '^scripts/kconfig/(lexer\.lex|parser\.tab)\.|^scripts/(genksyms|dtc)/.*\.(lex|tab)\.[ch]$' |
		grep -vE '^(lib/(crc.*table|gen_crc.*table)\.h|lib/oid_registry_data\.c|security/selinux/(flask|av_permissions)\.h)$'
}

# PATH<tab>SIZE TIMES INODE of each file of the tree that counts. Links that leave their directory are files here.
list_files()
{
	(
		cd "$tree"
		tree_parts | sort -u | tr '\n' '\0' |
			find -files0-from - \( -type f -o -xtype f \) -printf '%p\t%s %T@ %C@ %i\n'
	) | LC_ALL=C sort -u -t $'\t' -k 1,1 >"$out/all"
	cut -f 1 "$out/all" | is_built >"$out/clean"
	LC_ALL=C join -t $'\t' "$out/clean" "$out/all"
}

# $out/index: PATH<tab>STAT<tab>HASH. Only files whose size, times or inode changed since the last time are read.
read_tree()
{
	list_files >"$out/list"
	[[ -e $out/index && $(cat "$out/tree" 2>/dev/null) = "$tree" ]] || : >"$out/index"
	LC_ALL=C join -t $'\t' -a 1 -e - -o 1.1,1.2,2.2,2.3 "$out/list" "$out/index" |
		awk -F '\t' -v known="$out/known" -v ask="$out/ask" '
			BEGIN { printf "" >known; printf "" >ask }
			$2 == $3 { print $1 "\t" $2 "\t" $4 >known; next }
			{ print $1 "\t" $2 >ask }'
	(cd "$tree" && cut -f 1 "$out/ask" | tr '\n' '\0' | xargs -0 -r sha256sum) |
		cut -c 1-64 | paste "$out/ask" - | cat - "$out/known" | grep . | LC_ALL=C sort -t $'\t' -k 1,1 >"$out/index.new"
	mv "$out/index.new" "$out/index"
	echo "$tree" >"$out/tree"
	cut -f 1,3 "$out/index" >"$out/hashes"
	content=$(sha256sum <"$out/hashes" | cut -c 1-64)
}

kind_of_build()
{
	"$CC" -v 2>&1 | tail -n 1
	echo "$CC $config"
	cat "$here"/config/base $(fragments)
}

# Sets $slot and locks it.
choose_slot()
{
	local kind dir own

	mkdir -p "$cache"
	exec 8>"$cache/lock"
	flock 8
	kind=$(kind_of_build | sha256sum | cut -c 1-64)
	own=$(cat "$out/slot" 2>/dev/null || true)
	slot=
	for dir in "$own" "$cache"/slot-*; do
		[[ -n $dir && $(cat "$dir/kind" 2>/dev/null) = "$kind" ]] || continue
		[[ $(cat "$dir/content" 2>/dev/null) = "$content" ]] && { slot=$dir; break; }
	done
	if [[ -z $slot && -n $own && $(cat "$own/kind" 2>/dev/null) = "$kind" &&
		$(cat "$own/owner" 2>/dev/null) = "$out" ]]; then
		slot=$own
	fi
	[[ -n $slot ]] || new_slot "$kind"
	touch "$slot/used"
	echo "$slot" >"$out/slot"
	exec 8>&-
	exec 9>"$slot/lock"
	flock 9
}

# The lowest number that is free; the slot that was used longest ago goes when there are too many.
new_slot()
{
	local n=0 dir

	while [[ -e $cache/slot-$n ]]; do n=$((n + 1)); done
	if ((n >= MAX_SLOTS)); then
		dir=$(ls -td "$cache"/slot-*/used | tail -n 1)
		slot=${dir%/used}
		rm -rf "$slot"
	else
		slot=$cache/slot-$n
	fi
	mkdir -p "$slot/src" "$slot/obj"
	: >"$slot/index"
	echo "$1" >"$slot/kind"
	echo "$out" >"$slot/owner"
}

# Makes $slot/src what the tree is. Files that changed get the time of now, so that make sees it whatever theirs is.
update_slot()
{
	[[ $(cat "$slot/content" 2>/dev/null) = "$content" ]] && return
	rm -f "$slot/content"
	echo "$out" >"$slot/owner"
	LC_ALL=C comm -13 "$slot/index" "$out/hashes" | cut -f 1 >"$out/changed"
	LC_ALL=C join -t $'\t' -v 1 "$slot/index" "$out/hashes" | cut -f 1 >"$out/gone"
	(cd "$slot/src" && tr '\n' '\0' <"$out/gone" | xargs -0 -r rm -f)
	tar -C "$tree" --dereference -cf - --no-recursion --verbatim-files-from -T "$out/changed" | tar -C "$slot/src" -xmf -
	check_copy
	if grep -q Kconfig "$out/changed" "$out/gone"; then rm -f "$slot/configured"; fi
	cp "$out/hashes" "$slot/index"
	echo "$content" >"$slot/content"
}

# A file may have been saved between reading and copying it.
check_copy()
{
	if ! LC_ALL=C join -t $'\t' "$out/changed" "$out/hashes" | awk -F '\t' '{ print $2 "  " $1 }' |
		(cd "$slot/src" && sha256sum --quiet --status -c - 2>/dev/null || [[ ! -s $out/changed ]]); then
		: >"$slot/index"
		die "$tree changed while it was read: build again"
	fi
}
