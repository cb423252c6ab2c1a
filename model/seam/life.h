/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Life and death of TDs and vCPUs: what the SEAMCALLs do once their checks are through. The test bench takes
 * the same steps without the calls. None of them is a point: the caller announces what others can see.
 */
#ifndef TDPFUZZ_MODEL_SEAM_LIFE_H
#define TDPFUZZ_MODEL_SEAM_LIFE_H

#include "model/seam/call.h"

/*
 * The key ownership table: who has which private key id. A key id goes FREE, ASSIGNED (MNG.CREATE), FLUSHED
 * (MNG.VPFLUSHDONE: each package has still to write its caches back), FREE (MNG.KEY.FREEID).
 */
enum kot_state { KOT_FREE, KOT_ASSIGNED, KOT_FLUSHED, KOT_RESERVED };

/**
 * struct seam_kot - the table
 * @lock: sharex. X by whoever changes a state, S by CACHE.WB, which clears bits of its own package only
 * @state: enum kot_state of each key id; the module's own one is RESERVED
 * @wbinvd: packages that have not written back yet, of a FLUSHED key id
 */
struct seam_kot {
	u64 lock;
	u8 state[SEAM_NR_KEYIDS];
	u64 wbinvd[SEAM_NR_KEYIDS];
};
extern struct seam_kot seam_kot;

/**
 * struct seam_package - CACHE.WB of one package
 * @lock: mutex, sharex X
 * @keys: key ids that were FLUSHED when it started: only those are done when it ends
 * @next: next part of the cache; 0 = nothing was interrupted
 */
struct seam_package {
	u64 lock, keys;
	u8 next;
};
extern struct seam_package seam_packages[SEAM_MAX_PACKAGES];
extern unsigned int seam_nr_packages;

void seam_keys_reset(void);

/* A private key id in [SEAM_FIRST_PRIVATE_KEYID, SEAM_NR_KEYIDS). */
static inline bool seam_keyid_private(u64 keyid)
{
	return keyid >= SEAM_FIRST_PRIVATE_KEYID && keyid < SEAM_NR_KEYIDS;
}

/* A slot, with its TDR at @tdr and the key id assigned to it. */
struct seam_td *seam_td_new(pfn_t tdr, u16 keyid);
/* This CPU's package has the key; with the last one the life cycle goes on. */
void seam_td_add_key(struct seam_td *td, unsigned int package);
void seam_td_add_tdcx(struct seam_td *td, pfn_t pfn);
void seam_td_init(struct seam_td *td, const struct seam_td_params *params);
struct seam_vp *seam_vp_new(struct seam_td *td, pfn_t tdvpr);
void seam_vp_add_tdcx(struct seam_vp *vp, pfn_t pfn);
void seam_vp_init(struct seam_vp *vp, u32 x2apic_id);

/* A page is the TD's, and counted. */
void seam_give_page(struct seam_td *td, pfn_t pfn, enum pamt_type type);

#endif
