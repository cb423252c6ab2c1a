# SPDX-License-Identifier: GPL-2.0-only
# Puts tree and environment together into $out/kernel.o.
#
# Nothing of it may be resolved by libc or the rest of this project, nor the other way round, by accident of a common name:
# in the end only lnx_* are global, and only lnx_* and the compiler's instrumentation callbacks are undefined. Everything
# else that is undefined becomes a stub here.

# Names that the host half defines.
OF_HOST='^(lnx_|__tsan_|__kcsan_|kcsan_|__sanitizer_cov_)'

# What reports call the tree: its version, the parts of the configuration, and a hash of the source that was read.
write_identity()
{
	local release parts

	release=$(sed -n 's/^\(VERSION\|PATCHLEVEL\|SUBLEVEL\) = //p' "$slot/src/Makefile" | head -n 3 | paste -sd.)
	release+=$(sed -n 's/^EXTRAVERSION = *//p' "$slot/src/Makefile" | head -n 1)
	parts=$(fragments | sed 's,.*/,,' | sort | paste -sd+)
	cat >"$out/identity.S.new" <<-EOF
		.section .note.GNU-stack, "", @progbits
		.section .rodata
		.globl lnx_tree
		lnx_tree: .asciz "linux $release, $parts, content ${content:0:12}"
	EOF
	cmp -s "$out/identity.S.new" "$out/identity.S" && [[ -e $out/identity.o ]] || {
		mv "$out/identity.S.new" "$out/identity.S"
		"$CC" -c -o "$out/identity.o" "$out/identity.S"
	}
	rm -f "$out/identity.S.new"
}

link_all()
{
	local objects

	write_identity
	objects=$(tree_objects | grep -vxFf <(replaced_objects))
	! is_linked "$objects" || return 0
	rm -f "$out/lib.a"
	(
		cd "$slot/obj"
		ar rcs "$out/lib.a" $(lib_objects)
		ld -r --no-warn-execstack -o "$out/all.o" $objects "$out"/env/*.o "$out/identity.o" "$out/lib.a"
	) || die "the kernel does not link"
	write_script
	make_stubs
	"$CC" -c -o "$out/stubs.o" "$out/stubs.S"
	ld -r --no-warn-execstack -T "$out/kernel.lds" -o "$out/kernel-global.o" "$out/all.o" "$out/stubs.o"
	check_sections
	objcopy --wildcard --keep-global-symbol='lnx_*' "$out/kernel-global.o" "$out/kernel.o.new"
	cmp -s "$out/kernel.o.new" "$out/kernel.o" || mv "$out/kernel.o.new" "$out/kernel.o"
	rm -f "$out/kernel.o.new"
	mv "$out/inputs.new" "$out/inputs"
}

# Is nothing younger than the list of what was linked, and that list the same?
is_linked()
{
	(
		cd "$slot/obj"
		printf '%s\n' "$PWD" $1 $(lib_objects) "$out"/env/*.o "$out/identity.o" "$here"/{link.sh,stubs.sh,stubs.awk,kernel.lds,data-zero} "$symtype"
	) >"$out/inputs.new"
	[[ -e $out/kernel.o ]] && cmp -s "$out/inputs.new" "$out/inputs" &&
		[[ -z $(cd "$slot/obj" && find $(sed 1d "$out/inputs") -newer "$out/inputs.stamp" -print -quit) ]] && return 0
	touch "$out/inputs.stamp"
	rm -f "$out/inputs"
	return 1
}

# Objects of the tree that the environment stands for as a whole: the SEAMCALL instruction; VM entry and exit.
replaced_objects()
{
	echo arch/x86/virt/vmx/tdx/seamcall.o
	echo arch/x86/kvm/vmx/vmenter.o
}

# Sections whose name is an identifier are arrays that code finds by __start_NAME and __stop_NAME: the ones that kernel.lds
# does not know go where it has @ARRAYS@, as a part of what is writable.
write_script()
{
	readelf -SW "$out/all.o" | sed 's/^ *\[ *[0-9]*\] //' |
		awk '$7 ~ /A/ && $1 ~ /^[A-Za-z_][A-Za-z_0-9]*$/ { print $1 }' | sort -u |
		grep -vxFf <(grep -oE '[A-Za-z_0-9.]+' "$here/kernel.lds") |
		sed 's/.*/\t\t. = ALIGN(8); __start_& = .; KEEP(*(&)) __stop_& = .;/' >"$out/arrays" || true
	sed -e "/@ARRAYS@/{r $out/arrays" -e 'd}' "$here/kernel.lds" >"$out/kernel.lds"
}

# Symbols that the script sets.
script_symbols()
{
	grep -oE '[A-Za-z_0-9]+ = \.;' "$out/kernel.lds" | sed 's/ = \.;//'
}

# What the script forgot would be left as a section of its own, outside of what the host half saves.
check_sections()
{
	local left

	left=$(readelf -SW "$out/kernel-global.o" | sed 's/^ *\[ *[0-9]*\] //' |
		awk '$7 ~ /A/ && $1 !~ /^\.(ktext|krodata|kdata)$/ && $5 != "000000" { print $1 }' | paste -sd' ')
	[[ -z $left ]] || die "kernel.lds says nothing about the section(s) $left"
}
