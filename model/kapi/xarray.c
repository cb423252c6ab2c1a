/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Values are numbers, never pointers, so that a load has nothing to acquire. A slot is made the first time
 * that its index is touched and stays where it is: its address is the index's identity for schedulers.
 */
#include "model/kapi/kapi.h"

/* One index that this run touched. */
struct xa_slot {
	struct xa_slot *next;
	u64 index;
	u64 value;
};

void xa_init(struct xarray *xa)
{
	*xa = (struct xarray){};
}

void xa_init_range(struct xarray *xa, u64 first, u64 end, u64 value)
{
	if (xa->nr_ranges == XA_MAX_RANGES)
		m_fail("BUG-01", "more initial ranges than an xarray has", "limit %u", XA_MAX_RANGES);
	xa->range[xa->nr_ranges].first = first;
	xa->range[xa->nr_ranges].end = end;
	xa->range[xa->nr_ranges].value = value;
	xa->nr_ranges++;
}

/* Ranges may overlap: the last one set counts. */
static u64 initial_value(const struct xarray *xa, u64 index)
{
	for (unsigned int i = xa->nr_ranges; i-- > 0;)
		if (index >= xa->range[i].first && index < xa->range[i].end)
			return xa->range[i].value;
	return 0;
}

static unsigned int bucket(u64 index)
{
	return (index * 0x9e3779b97f4a7c15ull) >> 57;
}

static struct xa_slot *find(const struct xarray *xa, u64 index)
{
	struct xa_slot *slot;

	_Static_assert(XA_BUCKETS == 1 << (64 - 57), "bucket() takes the top bits");
	for (slot = xa->bucket[bucket(index)]; slot; slot = slot->next)
		if (slot->index == index)
			return slot;
	return NULL;
}

static struct xa_slot *find_or_make(struct xarray *xa, u64 index)
{
	struct xa_slot **head = &xa->bucket[bucket(index)];
	struct xa_slot *slot;

	m_lock_internal();
	slot = find(xa, index);
	if (!slot) {
		slot = m_arena_alloc(sizeof(*slot));
		slot->index = index;
		slot->value = initial_value(xa, index);
		slot->next = *head;
		*head = slot;
	}
	m_unlock_internal();
	return slot;
}

u64 xa_load(struct xarray *xa, u64 index)
{
	struct xa_slot *slot = find_or_make(xa, index);
	u64 value;

	m_point(M_READ | M_KVM, &slot->value, M_SITE("xa_load()"));
	value = __atomic_load_n(&slot->value, __ATOMIC_ACQUIRE);
	m_value(value, value);
	return value;
}

void xa_store(struct xarray *xa, u64 index, u64 value)
{
	struct xa_slot *slot = find_or_make(xa, index);
	u64 old;

	m_point(M_WRITE | M_KVM, &slot->value, M_SITE("xa_store()"));
	old = __atomic_exchange_n(&slot->value, value, __ATOMIC_RELEASE);
	m_value(old, value);
}

u64 xa_peek(const struct xarray *xa, u64 index)
{
	const struct xa_slot *slot;
	u64 value;

	m_lock_internal();
	slot = find(xa, index);
	value = slot ? __atomic_load_n(&slot->value, __ATOMIC_RELAXED) : initial_value(xa, index);
	m_unlock_internal();
	return value;
}
