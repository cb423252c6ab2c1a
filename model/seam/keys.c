/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Private key ids: given to a TD, taken back once no cache of any package can hold anything under the key.
 *
 * Simplification: a package's caches are written back in four parts, with a look for interrupts after each
 * but the last; what is in the caches is not modelled.
 */
#include <string.h>

#include "model/seam/life.h"
#include "model/seam/sys.h"

#define WB_PARTS 4
#define BENCH_KEYID (SEAM_NR_KEYIDS - 1) /* the module's own while no SYS.CONFIG has said another */

struct seam_kot seam_kot;
struct seam_package seam_packages[SEAM_MAX_PACKAGES];
unsigned int seam_nr_packages = 1;

void seam_set_packages(unsigned int nr)
{
	if (nr < 1 || nr > SEAM_MAX_PACKAGES)
		m_fail("INTERNAL", "INTERNAL packages", "more than SEAM_MAX_PACKAGES packages");
	seam_nr_packages = nr;
}

unsigned int seam_package_of(unsigned int cpu)
{
	return cpu < hw_nr_cpus() ? cpu * seam_nr_packages / hw_nr_cpus() : 0;
}

void seam_keys_reset(void)
{
	memset(&seam_kot, 0, sizeof(seam_kot));
	memset(seam_packages, 0, sizeof(seam_packages));
	seam_kot.state[seam_sys.keyid ? seam_sys.keyid : BENCH_KEYID] = KOT_RESERVED;
}

static bool lock_kot(enum seam_lock_mode mode)
{
	return sharex_lock(&seam_kot.lock, mode);
}

static void unlock_kot(enum seam_lock_mode mode)
{
	sharex_release(&seam_kot.lock, mode);
}

/* The TDR page is locked X and nobody's. */
static u64 create(struct seam_call *c, u16 keyid)
{
	if (seam_kot.state[keyid] != KOT_FREE)
		return TDX_HKID_NOT_FREE;
	m_point(M_WRITE | M_SEAM, &c->refs[0].entry->type, M_SITE("PAMT becomes TDR"));
	seam_td_new(c->in.rcx >> PAGE_SHIFT, keyid);
	return TDX_SUCCESS;
}

u64 tdh_mng_create(struct seam_call *c)
{
	u64 err;

	if (!seam_keyid_private(c->in.rdx))
		return TDX_OPERAND_INVALID | TDX_OPERAND_ID_RDX;
	err = seam_page_4k(c, c->in.rcx, TDX_OPERAND_ID_RCX, 0);
	if (err)
		return err;
	if (!lock_kot(SEAM_X))
		return TDX_OPERAND_BUSY | TDX_OPERAND_ID_KOT;
	err = create(c, c->in.rdx);
	unlock_kot(SEAM_X);
	return err;
}

u64 tdh_mng_key_config(struct seam_call *c)
{
	unsigned int package = seam_package_of(m_cpu());
	u64 err = seam_lock_tdr(c, c->in.rcx, TDX_OPERAND_ID_RCX, SEAM_X);

	if (err)
		return err;
	if (c->td->fatal)
		return TDX_TD_FATAL;
	if (c->td->lifecycle != TD_HKID_ASSIGNED)
		return TDX_LIFECYCLE_STATE_INCORRECT;
	if (c->td->keys & 1u << package)
		return TDX_KEY_CONFIGURED;
	seam_td_add_key(c->td, package);
	return TDX_SUCCESS;
}

/* No more entries: from here on nobody can use the key, and every package has to write back. */
static u64 flush_done(struct seam_td *td)
{
	if (td->lifecycle != TD_KEYS_CONFIGURED && td->lifecycle != TD_HKID_ASSIGNED)
		return TDX_LIFECYCLE_STATE_INCORRECT;
	if (td->nr_associated)
		return TDX_FLUSHVP_NOT_DONE;
	td->lifecycle = TD_BLOCKED;
	seam_kot.wbinvd[td->keyid] = (1ull << seam_nr_packages) - 1;
	seam_kot.state[td->keyid] = KOT_FLUSHED;
	return TDX_SUCCESS;
}

u64 tdh_mng_vpflushdone(struct seam_call *c)
{
	u64 err = seam_lock_tdr(c, c->in.rcx, TDX_OPERAND_ID_RCX, SEAM_X);

	if (err)
		return err;
	if (!lock_kot(SEAM_X))
		return TDX_OPERAND_BUSY | TDX_OPERAND_ID_KOT;
	err = flush_done(c->td);
	unlock_kot(SEAM_X);
	return err;
}

static u64 flushed_keys(unsigned int package)
{
	u64 keys = 0;

	for (unsigned int i = 0; i < SEAM_NR_KEYIDS; i++) {
		if (seam_kot.state[i] == KOT_FLUSHED && (seam_kot.wbinvd[i] >> package & 1))
			keys |= BIT_ULL(i);
	}
	return keys;
}

/* Key ids that were flushed after the start wait for the next one. */
static void written_back(unsigned int package, u64 keys)
{
	for (unsigned int i = 0; i < SEAM_NR_KEYIDS; i++) {
		if (keys & BIT_ULL(i))
			__atomic_fetch_and(&seam_kot.wbinvd[i], ~BIT_ULL(package), __ATOMIC_ACQ_REL);
	}
}

static u64 write_back(struct seam_package *p, unsigned int package, bool resume)
{
	if (resume && !p->next)
		return TDX_WBCACHE_RESUME_ERROR;
	if (!resume) {
		p->keys = flushed_keys(package);
		p->next = 0;
		if (!p->keys)
			return TDX_NO_HKID_READY_TO_WBCACHE;
	}
	while (++p->next < WB_PARTS) {
		if (m_choose(M_CH_IRQ, 2, M_SITE("host interrupt")))
			return TDX_INTERRUPTED_RESUMABLE;
	}
	m_point(M_WRITE | M_SEAM, &seam_kot.wbinvd, M_SITE("package has written back"));
	written_back(package, p->keys);
	p->next = 0;
	return TDX_SUCCESS;
}

u64 tdh_phymem_cache_wb(struct seam_call *c)
{
	unsigned int package = seam_package_of(m_cpu());
	struct seam_package *p = &seam_packages[package];
	u64 err = TDX_OPERAND_BUSY | TDX_OPERAND_ID_KOT;

	if (c->in.rcx > 1)
		return TDX_OPERAND_INVALID | TDX_OPERAND_ID_RCX;
	if (!sharex_lock(&p->lock, SEAM_X))
		return TDX_OPERAND_BUSY | TDX_OPERAND_ID_WBCACHE;
	if (lock_kot(SEAM_S)) {
		err = write_back(p, package, c->in.rcx);
		unlock_kot(SEAM_S);
	}
	sharex_release(&p->lock, SEAM_X);
	return err;
}

static u64 free_id(struct seam_td *td)
{
	if (seam_kot.wbinvd[td->keyid])
		return TDX_WBCACHE_NOT_COMPLETE;
	seam_kot.state[td->keyid] = KOT_FREE;
	td->lifecycle = TD_TEARDOWN;
	return TDX_SUCCESS;
}

u64 tdh_mng_key_freeid(struct seam_call *c)
{
	u64 err = seam_lock_tdr(c, c->in.rcx, TDX_OPERAND_ID_RCX, SEAM_X);

	if (err)
		return err;
	if (c->td->lifecycle != TD_BLOCKED)
		return TDX_LIFECYCLE_STATE_INCORRECT;
	if (!lock_kot(SEAM_X))
		return TDX_OPERAND_BUSY | TDX_OPERAND_ID_KOT;
	err = free_id(c->td);
	unlock_kot(SEAM_X);
	return err;
}

/* Of an older interface: does nothing. */
u64 tdh_mng_key_reclaimid(struct seam_call *c)
{
	(void)c;
	return TDX_SUCCESS;
}
