# SPDX-License-Identifier: GPL-2.0-only
# For the scripts here to source. $me: what messages start with.
set -euo pipefail

die()
{
	echo "$me: $*" >&2
	exit 1
}

say()
{
	echo "$me: $*"
}

# version_at_least A B: is A >= B, as versions?
version_at_least()
{
	[[ $(printf '%s\n' "$1" "$2" | sort -V | head -n 1) = "$2" ]]
}

# VERSION.PATCHLEVEL of the tree in $1
tree_version()
{
	sed -n 's/^VERSION = //p; s/^PATCHLEVEL = //p' "$1/Makefile" 2>/dev/null | head -n 2 | paste -sd.
}
