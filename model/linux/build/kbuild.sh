# SPDX-License-Identifier: GPL-2.0-only
# Configures and compiles the copy of a tree in $slot with its own Kbuild.

# Files of the parts of $config ("noprove+smm"); "default" is none. One of the preemption models is always there.
fragments()
{
	local part preemption=preempt

	for part in ${config//+/ }; do
		[[ $part = default ]] && continue
		[[ $part =~ ^[a-z]+$ && $part != base && $part != optional && -e $here/config/$part ]] ||
			die "configuration '$config': no '$part' among $(config_parts)"
		grep -q '^CONFIG_PREEMPT' "$here/config/$part" && preemption=
		echo "$here/config/$part"
	done
	[[ -z $preemption ]] || echo "$here/config/$preemption"
}

config_parts()
{
	(cd "$here/config" && ls | grep -vxE 'base|optional' | paste -sd' ')
}

run_make()
{
	env -u MAKEFLAGS -u MFLAGS -u KCFLAGS -u KAFLAGS -u CROSS_COMPILE -u KBUILD_OUTPUT -u LLVM \
		LC_ALL=C make -C "$slot/src" O="$slot/obj" ARCH=x86 CC="$CC" HOSTCC="$CC" objtool=true \
		KCFLAGS="$(kcflags)" KAFLAGS="-include $slot/privasm.h" -j"$jobs" "$@"
}

# The stack stays aligned for the SSE code that the host half is; names in debug information are relative to the tree.
kcflags()
{
	echo "-mpreferred-stack-boundary=4 -fdebug-prefix-map=$slot/src/= -include $slot/privasm.h"
}

# privasm.S as a header that fits C files, too.
write_privasm()
{
	{
		echo '#ifdef __ASSEMBLER__'
		sed '/^[/ ]\*/d' "$here/privasm.S"
		echo '#else'
		echo 'asm('
		sed '/^[/ ]\*/d; /^$/d; s/\\/\\\\/g; s/^\(.*\)$/"\1\\n"/' "$here/privasm.S"
		echo ');'
		echo '#endif'
	} >"$slot/privasm.h.new"
	cmp -s "$slot/privasm.h.new" "$slot/privasm.h" || mv "$slot/privasm.h.new" "$slot/privasm.h"
	rm -f "$slot/privasm.h.new"
}

configure_tree()
{
	[[ -e $slot/configured ]] && return
	say "configuring ($config)"
	cat "$here/config/base" $(fragments) >"$slot/fragment"
	run_make -s KCONFIG_ALLCONFIG="$slot/fragment" allnoconfig >"$slot/config.log" 2>&1 ||
		fail_make "the tree cannot be configured" "$slot/config.log"
	check_config
	touch "$slot/configured"
}

# Every line of the fragments must have survived.
check_config()
{
	local version option first last line dropped= fatal=

	version=$(tree_version "$slot/src")
	while IFS= read -r line; do
		has_option "$line" && continue
		option=${line%%=*}
		read -r first last < <(awk -v o="$option" '$1 == o { print $2, $3 }' "$here/config/optional") || true
		if [[ -n ${first-} && ( $first != - && ! $(version_at_least "$version" "$first" && echo y) ||
			$last != - && ! $(version_at_least "$last" "$version" && echo y) ) ]]; then
			continue
		fi
		if is_required "$line"; then fatal+=" $line"; else dropped+=" $line"; fi
	done < <(grep -h '^CONFIG_' "$slot/fragment" | awk -F= '{ last[$1] = $0 } END { for (o in last) print last[o] }' | sort)
	[[ -z $fatal ]] || die "the tree's Kconfig ($version) drops what the build needs:$fatal"
	echo "$dropped" >"$slot/dropped"
	[[ -z $dropped ]] || say "note: the tree's Kconfig ($version) drops:$dropped"
}

# has_option OPTION=VALUE: does .config agree?
has_option()
{
	case $1 in
	*=n) ! grep -q "^${1%=n}=" "$slot/obj/.config" ;;
	*) grep -qxF "$1" "$slot/obj/.config" ;;
	esac
}

# Below the mark of the base, or asked for by name.
is_required()
{
	sed '1,/carries the method/d' "$here/config/base" | cat - $(fragments) | grep -qxF "$1"
}

kbuild_targets()
{
	local line

	while read -r line; do
		[[ $line = */ || -e $slot/src/${line%.o}.c ]] && echo "$line"
	done < <(grep -v '^#' "$here/objects")
}

compile_tree()
{
	local variables=()

	write_privasm
	configure_tree
	say "compiling the tree"
	((!coverage)) || mapfile -t variables < <(coverage_variables)
	run_make "${variables[@]}" $(kbuild_targets) >"$slot/make.log" 2>&1 ||
		fail_make "the tree does not compile" "$slot/make.log"
}

# Edge coverage as gcc offers it, by Kbuild's flags for single objects.
coverage_variables()
{
	printf 'CFLAGS_%s.o=-fsanitize-coverage=trace-pc\n' mmu/tdp_mmu mmu/mmu vmx/tdx ../../../virt/kvm/guest_memfd
}

# The compiler's first error, with the file as the user knows it.
fail_make()
{
	local line

	line=$(grep -m 1 -E '(error|Error):|: fatal error|No rule to make|not found|can.t open' "$2" || grep -m 1 -F '***' "$2" || tail -n 1 "$2")
	die "$1: ${line//"$slot/src/"/} (log: $2)"
}

# The objects that Kbuild put together, relative to $slot/obj.
tree_objects()
{
	local target

	for target in $(kbuild_targets); do
		[[ $target = */ ]] || continue
		(cd "$slot/obj" && ar t "${target}built-in.a")
	done
}

lib_objects()
{
	kbuild_targets | grep '\.o$'
}
