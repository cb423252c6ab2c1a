// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events that oracles wait for and KVM does not tell of: derived from stores to a few words of struct kvm,
 * together with the operation of the scenario that the thread is in.
 *
 *   EV_INVAL_BEGIN, _RANGE, _END  mmu_invalidate_in_progress and its range
 *   EV_ZAP_RANGE                  what the operation asks to unmap, right behind EV_INVAL_BEGIN
 *   EV_ATTR_STORE                 each gfn of the operation, right before EV_INVAL_END: they are stored by
 * then EV_FLUSH_REMOTE               the counter of flush requests goes up when a flush begins; it is over
 * when the thread next does something that oracles look at, as it waits inside for nothing that they do
 *   EV_VM_BUGGED                  vm_bugged
 */
#include <string.h>

#include "model/linux/host/host.h"
#include "model/linux/host/watch.h"

unsigned long watch_lo, watch_hi;

static struct {
	unsigned long addr;
	unsigned int size;
} watched[LNX_W_NR];
static struct watch_op ops[LNX_MAX_THREADS];
static bool flushing[LNX_MAX_THREADS];

bool watch_find(unsigned long addr)
{
	for (unsigned int i = 0; i < LNX_W_NR; i++)
		if (watched[i].addr && addr - watched[i].addr < watched[i].size)
			return true;
	return false;
}

void watch_reset(void)
{
	watch_lo = watch_hi = 0;
	memset(watched, 0, sizeof(watched));
	memset(ops, 0, sizeof(ops));
	memset(flushing, 0, sizeof(flushing));
}

void watch_begin(void)
{
	watch_lo = ~0ul;
	watch_hi = 0;
	for (unsigned int i = 0; i < LNX_W_NR; i++) {
		unsigned long addr = (unsigned long)lnx_watched((enum lnx_watched)i, &watched[i].size);

		watched[i].addr = addr;
		if (!addr)
			continue;
		watch_lo = min(watch_lo, addr);
		watch_hi = max(watch_hi, addr + watched[i].size);
	}
	if (!watch_hi)
		watch_lo = 0;
}

void watch_op_begin(const struct watch_op *op)
{
	ops[host.thread] = *op;
}

void watch_op_end(void)
{
	memset(&ops[host.thread], 0, sizeof(ops[0]));
}

static void emit(enum m_event_type type, u64 b, u64 c, u64 d, unsigned long pc)
{
	if (m_listener)
		m_emit_slow(type, 0, b, c, d, site_of(pc, "store"));
}

void watch_flush_done(unsigned long pc)
{
	if (!flushing[host.thread])
		return;
	flushing[host.thread] = false;
	emit(EV_FLUSH_REMOTE, 0, 0, 0, pc);
}

static u64 word_at(enum lnx_watched which)
{
	return *(const volatile u64 *)watched[which].addr;
}

static void section(bool begins, unsigned long pc)
{
	const struct watch_op *op = &ops[host.thread];

	if (begins) {
		emit(EV_INVAL_BEGIN, 0, 0, 0, pc);
		if (op->kinds)
			emit(EV_ZAP_RANGE, op->start, op->end, op->kinds, pc);
		return;
	}
	for (u64 gfn = op->start; op->is_conversion && gfn < op->end; gfn++)
		emit(EV_ATTR_STORE, gfn, op->to_private ? 8 : 0, 0, pc);
	emit(EV_INVAL_END, 0, 0, 0, pc);
}

static void stored(enum lnx_watched which, u64 old, u64 now, unsigned long pc)
{
	switch (which) {
	case LNX_W_INVAL_COUNT:
		section(now > old, pc);
		break;
	case LNX_W_INVAL_END:
		if (now > word_at(LNX_W_INVAL_START))
			emit(EV_INVAL_RANGE, word_at(LNX_W_INVAL_START), now, 0, pc);
		break;
	case LNX_W_FLUSH_REQUESTS:
		flushing[host.thread] = true;
		break;
	case LNX_W_BUGGED:
		emit(EV_VM_BUGGED, 0, 0, 0, pc);
		break;
	default:
		break;
	}
}

void watch_stored(volatile u64 *word, u64 old, u64 now, unsigned long pc)
{
	unsigned long at = (unsigned long)word;

	for (unsigned int i = 0; i < LNX_W_NR; i++) {
		unsigned int shift = (watched[i].addr - at) * 8;
		u64 mask = watched[i].size == 8 ? ~0ull : BIT_ULL(watched[i].size * 8) - 1;

		if (watched[i].addr - at >= 8 || (((old ^ now) >> shift) & mask) == 0)
			continue;
		stored((enum lnx_watched)i, old >> shift & mask, now >> shift & mask, pc);
	}
}
