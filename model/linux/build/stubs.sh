# SPDX-License-Identifier: GPL-2.0-only
# Stubs for what nobody implements, in $out/stubs.S; the list for people is $out/stubs.txt.
#
#  - A function ends the run, naming itself.
#  - What is only asked for weakly is at address 0, as the kernel's own link would have it.
#  - An object that `data-zero` lists is zero, of the size that the debug information says.
#  - memcpy() and its like are those of the environment.
#  - Any other object is at an address where nothing is: using it faults, and lnx_stub_data[] tells the host half its
#    name. Its address alone may be taken.

make_stubs()
{
	nm -u "$out/all.o" | awk '{ print $2 }' | grep -vE "$OF_HOST" | grep -vxFf <(script_symbols) |
		LC_ALL=C sort -u >"$out/undefined" || true
	nm -u "$out/all.o" | awk '$1 == "w" || $1 == "v" { print $2 }' >"$out/weak"
	"$symtype" "$out/all.o" <"$out/undefined" >"$out/types"
	called_symbols >"$out/called"
	zero_patterns >"$out/zero"
	awk -v zero="$out/zero" -v called="$out/called" -v weak="$out/weak" -f "$here/stubs.awk" "$out/types" >"$out/stubs.S.new"
	cmp -s "$out/stubs.S.new" "$out/stubs.S" || mv "$out/stubs.S.new" "$out/stubs.S"
	rm -f "$out/stubs.S.new"
	sed -n 's/^# //p' "$out/stubs.S" >"$out/stubs.txt"
	if grep -q '^unsized' "$out/stubs.txt"; then
		die "data-zero lists what has no size in the debug information: $(awk '$1 == "unsized" { print $2 }' "$out/stubs.txt" | paste -sd' ')"
	fi
}

# Called in assembly, so without a declaration.
called_symbols()
{
	objcopy --strip-debug "$out/all.o" "$out/stripped.o"
	readelf -rW "$out/stripped.o" | awk '$3 == "R_X86_64_PLT32" { print $5 }' | LC_ALL=C sort -u
	rm -f "$out/stripped.o"
}

# PATTERN [percpu], the pattern as a regular expression
zero_patterns()
{
	sed 's/[[:space:]]*#.*//; /^$/d; s/\*/.*/g; s/^[^ ]*/^&$/' "$here/data-zero"
}
