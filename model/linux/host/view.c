// SPDX-License-Identifier: GPL-2.0-only
/* What oracles may ask of a kernel tree. The kernel half walks the tree's own structures; none of that is a
 * point. */
#include "model/linux/host/host.h"
#include "model/linux/host/subject.h"

/* Instrumented code of the tree runs on behalf of the oracle, and nobody may notice. */
static void look_begin(void)
{
	host.self->atomic++;
}

static void look_end(void)
{
	host.self->atomic--;
}

static unsigned int view_roots(struct subject_root *out, unsigned int max)
{
	struct lnx_root roots[SUBJECT_MAX_ROOTS];
	unsigned int nr;

	look_begin();
	nr = lnx_view_roots(roots, min(max, (unsigned int)SUBJECT_MAX_ROOTS));
	look_end();
	for (unsigned int i = 0; i < nr; i++)
		out[i] = (struct subject_root){
			.root = roots[i].hpa,
			.mirror = roots[i].mirror,
			.valid = roots[i].valid,
			.level = (u8)roots[i].level,
		};
	return nr;
}

static bool view_attr_private(gfn_t gfn)
{
	int private;

	look_begin();
	private = lnx_view_attr_private(gfn);
	look_end();
	return private;
}

static const struct subject_slot *view_slot_of(gfn_t gfn)
{
	const struct subject_vm_config *config = linux_vm_config();

	for (unsigned int i = 0; i < config->nr_slots; i++)
		if (gfn - config->slots[i].base < config->slots[i].npages)
			return &config->slots[i];
	return NULL;
}

static int view_lpage_mixed(gfn_t gfn, unsigned int level)
{
	int mixed;

	look_begin();
	mixed = lnx_view_lpage_mixed(gfn, level);
	look_end();
	return mixed;
}

static int view_invalidate(gfn_t *start, gfn_t *end)
{
	lnx_u64 s, e;
	int nr;

	look_begin();
	nr = lnx_view_invalidate(&s, &e);
	look_end();
	*start = s;
	*end = e;
	return nr;
}

static pfn_t view_user_pfn(gfn_t gfn)
{
	pfn_t pfn;

	look_begin();
	pfn = lnx_view_user_pfn(gfn);
	look_end();
	return pfn;
}

static pfn_t view_gmem_pfn(gfn_t gfn)
{
	pfn_t pfn;

	look_begin();
	pfn = lnx_view_gmem_pfn(gfn);
	look_end();
	return pfn;
}

static u64 view_pages_stat(unsigned int level)
{
	u64 pages;

	look_begin();
	pages = lnx_view_pages_stat(level);
	look_end();
	return pages;
}

static bool view_bugged(void)
{
	return lnx_view_bugged();
}

const struct subject_view linux_subject_view = {
	.roots = view_roots,
	.attr_private = view_attr_private,
	.slot_of = view_slot_of,
	.lpage_mixed = view_lpage_mixed,
	.invalidate = view_invalidate,
	.user_pfn = view_user_pfn,
	.gmem_pfn = view_gmem_pfn,
	.pages_stat = view_pages_stat,
	.bugged = view_bugged,
};
