/* SPDX-License-Identifier: GPL-2.0-only */
/* Fan-out of events to the families that asked for them. */
#include <string.h>

#include "harness/check/tables.h"
#include "model/seam/seam.h"

extern const struct check_family check_spte, check_lock, check_mirror, check_inval, check_zap, check_attr,
	check_tlb, check_pt, check_page, check_flush, check_data, check_progress, check_stat;

/*
 * In this order an event is judged: what is nearest to the cause first, so that a bug has one title.
 */
const struct check_family *const check_families[] = {
	&check_spte, &check_lock, &check_mirror, &check_inval, &check_zap,	&check_attr, &check_flush,
	&check_tlb,  &check_pt,	  &check_page,	 &check_data,  &check_progress, &check_stat, NULL,
};

#define NR_FAMILIES (ARRAY_SIZE(check_families) - 1)

_Static_assert(EV_NR <= 64, "event masks are 64 bits wide");

const struct subject_view *check_view;

/* Callbacks by event type, NULL-terminated; under EV_NONE those for a store that is no chk_change. */
static void (*fan[EV_NR][NR_FAMILIES + 1])(const struct m_event *ev);
/* Events that the shared state has to see, whoever else wants them. */
static const u64 shared_events = BIT_ULL(EV_STORE) | BIT_ULL(EV_PAGE_ALLOC) | BIT_ULL(EV_PAGE_FREE) |
				 BIT_ULL(EV_LOCK) | BIT_ULL(EV_UNLOCK) | BIT_ULL(EV_RCU_LOCK) |
				 BIT_ULL(EV_RCU_UNLOCK) | BIT_ULL(EV_ENTER) | BIT_ULL(EV_LEAVE);

static bool wants(const struct check_family *family, unsigned int type)
{
	if (type == EV_NONE)
		return family->other_stores;
	return family->events >> type & 1;
}

void check_init(const struct subject_view *view)
{
	check_view = view;
	memset(fan, 0, sizeof(fan));
	for (unsigned int type = 0; type < EV_NR; type++) {
		unsigned int nr = 0;

		for (unsigned int i = 0; i < NR_FAMILIES; i++)
			if (wants(check_families[i], type))
				fan[type][nr++] = check_families[i]->event;
	}
}

void check_reset(void)
{
	tables_reset();
	for (unsigned int i = 0; i < NR_FAMILIES; i++)
		if (check_families[i]->reset)
			check_families[i]->reset();
}

void check_event(const struct m_event *ev)
{
	bool shared = shared_events >> ev->type & 1;
	unsigned int type = ev->type;

	if (shared)
		tables_before(ev);
	if (type == EV_STORE && !chk_change)
		type = EV_NONE;
	for (void (**callback)(const struct m_event *ev) = fan[type]; *callback; callback++)
		(*callback)(ev);
	if (shared)
		tables_after(ev);
}

void check_quiescent(void)
{
	tables_sync();
	for (unsigned int i = 0; i < NR_FAMILIES; i++)
		if (check_families[i]->quiescent)
			check_families[i]->quiescent();
	seam_check_quiescent();
}

const struct invariant *invariant_find(const char *id)
{
	for (unsigned int i = 0; i < NR_FAMILIES; i++)
		for (unsigned int n = 0; n < check_families[i]->nr; n++)
			if (!strcmp(check_families[i]->invariants[n].id, id))
				return &check_families[i]->invariants[n];
	return NULL;
}
