/* SPDX-License-Identifier: GPL-2.0-only */
#include "model/seam/sept_walk.h"

u64 *sept_child_table(u64 value)
{
	pfn_t pfn = (value & EPT_PFN_MASK) >> PAGE_SHIFT;

	/* The host took a page of the S-EPT back and uses it: a machine check on the real thing. */
	if (hw_type(pfn) != HW_SEPT)
		seam_halt("S-EPT page was taken by the host");
	return hw_table(pfn);
}

void sept_walk(struct seam_td *td, gfn_t gfn, unsigned int level, struct sept_path *path)
{
	u64 *table = hw_table(td->root >> PAGE_SHIFT);

	for (path->level = td->levels;; path->level--) {
		path->entry = &table[hw_index(gfn, path->level)];
		path->value = m_load64(path->entry, M_SEAM);
		if (path->level == level)
			return;
		if ((path->value & EPT_W) && !(path->value & EPT_R))
			seam_halt("private entry is misconfigured");
		if (!(path->value & EPT_RWX) || sept_is_leaf(path->value))
			return;
		table = sept_child_table(path->value);
	}
}

void sept_take_page(pfn_t pfn)
{
	if (hw_type(pfn) != HW_SEPT)
		hw_retype(pfn, HW_SEPT);
}

void sept_fill_table(pfn_t pfn, u64 value, u64 stride)
{
	u64 *table = hw_table(pfn);

	for (unsigned int i = 0; i < hw_entries(); i++)
		__atomic_store_n(&table[i], value + i * stride, __ATOMIC_RELAXED);
}
