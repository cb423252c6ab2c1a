# SPDX-License-Identifier: GPL-2.0-only
# symtype's answers to assembler, see stubs.sh.
BEGIN {
	while ((getline line <zero) > 0)
		patterns[++n] = line
	close(zero)
	while ((getline line <weak) > 0)
		is_weak[line] = 1
	while ((getline line <called) > 0)
		is_called[line] = 1
	# Far from everything that a program maps.
	nowhere = 2130706432
	libc["memcpy"] = libc["__memcpy"] = "lnx_memcpy"
	libc["memmove"] = libc["__memmove"] = "lnx_memmove"
	libc["memset"] = libc["__memset"] = "lnx_memset"
	print "\t.section .note.GNU-stack, \"\", @progbits"
	# Give the sections their alignment.
	print "\t.section .text..lnx_first, \"ax\"\n\t.balign 4096\n\tud2"
	print "\t.section .data..lnx_first, \"aw\"\n\t.balign 4096\n\t.quad 0"
	print "\t.section .rodata.lnx, \"a\"\n\t.balign 8\n\t.globl lnx_stub_data\nlnx_stub_data:\n\t.text"
}

# "", or the section that zeroes of this name belong into
function zero_section(name,    i, word)
{
	for (i = 1; i <= n; i++) {
		split(patterns[i], word, " ")
		if (name ~ word[1])
			return word[2] == "percpu" ? ".section .data..percpu, \"aw\"" : ".bss"
	}
	return ""
}

function is_function()
{
	if ($2 == "unknown")
		return $1 in is_called || $1 ~ /^__SCT__/
	return $2 == "function"
}

function stub_function(name)
{
	print "# function " name
	print "\t.globl " name "\n\t.type " name ", @function\n" name ":"
	print "\tlea 9f(%rip), %rdi\n\tmov (%rsp), %rsi\n\tand $-16, %rsp\n\tcall lnx_stub_called\n\tud2"
	print "\t.pushsection .rodata.lnx.names, \"a\"\n9:\t.string \"" name "\"\n\t.popsection"
}

function stub_zero(name, size)
{
	print "# zero " name " " size
	print "\t" zero_section(name) "\n\t.globl " name "\n\t.type " name ", @object\n\t.balign 64\n" name ":\t.zero " size "\n\t.text"
}

function stub_nowhere(name, size,    room)
{
	print "# nowhere " name " " (size ? size : "?")
	room = size ? size : 65536
	printf "\t.globl %s\n\t.set %s, %#x\n", name, name, nowhere
	print "\t.pushsection .rodata.lnx.names, \"a\"\n9:\t.string \"" name "\"\n\t.popsection"
	printf "\t.pushsection .rodata.lnx, \"a\"\n\t.quad 9b, %#x, %d\n\t.popsection\n", nowhere, room
	nowhere += int((room + 8191) / 4096) * 4096
}

{
	if ($1 in libc)
		print "# libc " $1 "\n\t.globl " $1 "\n\t.type " $1 ", @function\n" $1 ":\tjmp " libc[$1]
	else if ($1 in is_weak)
		print "# absent " $1 "\n\t.globl " $1 "\n\t.set " $1 ", 0"
	else if (is_function())
		stub_function($1)
	else if (zero_section($1) && $3 + 0 > 0)
		stub_zero($1, $3)
	else if (zero_section($1))
		print "# unsized " $1
	else
		stub_nowhere($1, $3 + 0)
}

END {
	print "\t.section .rodata.lnx, \"a\"\n\t.quad 0, 0, 0"
}
