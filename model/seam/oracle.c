/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The module's own invariants (spec section 11) over every S-EPT, when nobody is inside: I1 to I4, I6 to I8.
 * I5, that no vCPU uses a translation to a page that was given back, is for whoever watches the TLB.
 */
#include "model/seam/state.h"

/**
 * struct count - what the walk of one TD's S-EPT adds up
 * @pages: leaf frames in 4K units plus table pages
 */
struct count {
	struct seam_td *td;
	u64 pages;
};

static u32 check_nr;

static void broken(const char *rule, gfn_t gfn, unsigned int level, u64 e)
{
	static char title[128];
	size_t n = 0;

	for (const char *s = "TDX module invariant: "; *s; s++)
		title[n++] = *s;
	for (const char *s = rule; *s && n < sizeof(title) - 1; s++)
		title[n++] = *s;
	title[n] = 0;
	m_fail("SEAM-03", title, "gfn 0x%llx level %u: S-EPT entry 0x%016llx (%s)", (unsigned long long)gfn,
	       level, (unsigned long long)e, sept_state_name(sept_entry_state(e)));
}

static void check_owner(struct count *c, gfn_t gfn, unsigned int level, u64 e)
{
	bool leaf = sept_is_leaf(e);
	unsigned int size = leaf ? level : 1;
	pfn_t pfn = sept_pfn(e, level);
	struct pamt_entry *p = pamt(pfn, size);

	c->pages += hw_level_pages(size);
	if (p->type != (leaf ? PAMT_REG : PAMT_EPT) || p->owner != c->td->tdr)
		broken(leaf ? "I1 page of a leaf is not REG of this TD at its size"
			    : "I1 table is not EPT of this TD",
		       gfn, level, e);
	if (p->seen == check_nr)
		broken("I1 page is mapped twice", gfn, level, e);
	p->seen = check_nr;
	if (p->bepoch > EPOCH_OF(c->td->epoch))
		broken("I7 BEPOCH is ahead of TD_EPOCH", gfn, level, e);
}

static bool known_state(enum sept_state state)
{
	return sept_state_name(state)[0] != 'i';
}

static void check_entry_bits(gfn_t gfn, unsigned int level, u64 e)
{
	enum sept_state state = sept_entry_state(e);
	bool open = state == SEPT_MAPPED || state == SEPT_NL_MAPPED;
	bool counts =
		(state == SEPT_PENDING && level == 2) || (sept_is_leaf(e) && (e & SEPT_TDP) && level == 3);

	if (!known_state(state) || !(e & EPT_SVE))
		broken("entry has no legal state", gfn, level, e);
	if (e & SEPT_TDEL)
		broken("I3 entry is locked and nobody is inside", gfn, level, e);
	if ((e & EPT_RWX) != (open ? EPT_RWX : 0))
		broken("I4 permissions do not follow from the state", gfn, level, e);
	if (sept_is_leaf(e) && !counts && (e & sept_counter_mask(level)))
		broken("I8 accept counter outside a pending large leaf", gfn, level, e);
}

static void check_table(struct count *c, const u64 *table, unsigned int level, gfn_t base)
{
	for (unsigned int i = 0; i < hw_entries(); i++) {
		gfn_t gfn = base + i * hw_level_pages(level);
		pfn_t pfn;

		if (table[i] == SEPT_FREE_VALUE)
			continue;
		check_entry_bits(gfn, level, table[i]);
		if (sept_entry_state(table[i]) == SEPT_FREE)
			continue;
		check_owner(c, gfn, level, table[i]);
		if (sept_is_leaf(table[i]))
			continue;
		pfn = sept_pfn(table[i], level);
		if (level == 1 || hw_type(pfn) != HW_SEPT)
			broken("I1 table's page is not the module's", gfn, level, table[i]);
		else
			check_table(c, hw_table(pfn), level - 1, gfn);
	}
}

static void check_td(struct seam_td *td)
{
	struct count c = {.td = td};
	u64 control = 0, inside = 0;

	if (td->root)
		check_table(&c, hw_table(td->root >> PAGE_SHIFT), td->levels, 0);
	for (unsigned int i = 0; i < seam_nr_vps; i++) {
		const struct seam_vp *vp = &seam_vps[i];

		if (!vp->tdvpr || vp->td != td)
			continue;
		control += vp->nr_tdcx + 1;
		inside += !!(vp->where & VP_ACTIVE);
	}
	if (td->chldcnt != c.pages + control + td->nr_tdcx)
		broken("I2 CHLDCNT is not the number of the TD's pages", 0, 0, td->chldcnt);
	if (REFCOUNT_OF(td->epoch, 0) + REFCOUNT_OF(td->epoch, 1) != inside)
		broken("I6 epoch counters differ from the vCPUs inside", 0, 0, td->epoch);
}

/* Every page that the PAMT has in use is some TD's: what a call forgot to give back shows here. */
static void check_pamt(void)
{
	u64 pages = 0;

	for (unsigned int i = 0; i < seam_nr_tds; i++) {
		if (seam_tds[i].tdr)
			pages += seam_tds[i].chldcnt + 1;
	}
	if (pages != pamt_in_use())
		broken("I2 the PAMT has other pages in use than the TDs count", 0, 0, pamt_in_use());
}

void seam_check_quiescent(void)
{
	check_nr++;
	for (unsigned int i = 0; i < seam_nr_tds; i++) {
		if (seam_tds[i].tdr && seam_tds[i].lifecycle <= TD_KEYS_CONFIGURED)
			check_td(&seam_tds[i]);
	}
	check_pamt();
}
