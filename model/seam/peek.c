/* SPDX-License-Identifier: GPL-2.0-only */
/* The module as listeners see it: entry states, names, an unlocked look at an entry. No scheduling points. */
#include "model/seam/state.h"

enum sept_state sept_entry_state(u64 e)
{
	return (enum sept_state)(!!(e & EPT_PS) << 6 | !!(e & SEPT_IPAT) << 5 | !!(e & SEPT_TDP) << 4 |
				 !!(e & SEPT_TDB) << 3 | !!(e & SEPT_TDBW) << 2 | !!(e & SEPT_TDEX) << 1 |
				 !!(e & SEPT_D));
}

const char *sept_state_name(enum sept_state state)
{
	switch (state) {
	case SEPT_FREE:
		return "FREE";
	case SEPT_NL_MAPPED:
		return "NL_MAPPED";
	case SEPT_NL_BLOCKED:
		return "NL_BLOCKED";
	case SEPT_MAPPED:
		return "MAPPED";
	case SEPT_BLOCKED:
		return "BLOCKED";
	case SEPT_PENDING:
		return "PENDING";
	case SEPT_PENDING_BLOCKED:
		return "PENDING_BLOCKED";
	}
	return "illegal";
}

static bool goes_on(u64 e)
{
	pfn_t pfn = (e & EPT_PFN_MASK) >> PAGE_SHIFT;

	return (e & EPT_RWX) && !sept_is_leaf(e) && hw_type(pfn) == HW_SEPT;
}

const volatile u64 *seam_peek(unsigned int td, gfn_t gfn, unsigned int *level)
{
	unsigned int want = *level, l;
	const volatile u64 *entry;
	u64 *table;

	if (td >= seam_nr_tds || !seam_tds[td].root || seam_tds[td].lifecycle != TD_KEYS_CONFIGURED)
		return NULL;
	l = seam_tds[td].levels;
	table = hw_table(seam_tds[td].root >> PAGE_SHIFT);
	for (;; l--) {
		u64 e;

		entry = &table[hw_index(gfn, l)];
		e = __atomic_load_n(entry, __ATOMIC_RELAXED);
		if (l == want || !goes_on(e))
			break;
		table = hw_table((e & EPT_PFN_MASK) >> PAGE_SHIFT);
	}
	*level = l;
	return entry;
}

static const struct {
	u64 status;
	const char *name;
} names[] = {
	{TDX_SUCCESS, "SUCCESS"},
	{TDX_INTERRUPTED_RESUMABLE, "INTERRUPTED_RESUMABLE"},
	{TDX_INTERRUPTED_RESTARTABLE, "INTERRUPTED_RESTARTABLE"},
	{TDX_OPERAND_INVALID, "OPERAND_INVALID"},
	{TDX_OPERAND_ADDR_RANGE_ERROR, "OPERAND_ADDR_RANGE_ERROR"},
	{TDX_OPERAND_BUSY, "OPERAND_BUSY"},
	{TDX_PREVIOUS_TLB_EPOCH_BUSY, "PREVIOUS_TLB_EPOCH_BUSY"},
	{TDX_HOST_PRIORITY_BUSY_TIMEOUT, "HOST_PRIORITY_BUSY_TIMEOUT"},
	{TDX_PAGE_METADATA_INCORRECT, "PAGE_METADATA_INCORRECT"},
	{TDX_TD_NON_DEBUG, "TD_NON_DEBUG"},
	{TDX_OP_STATE_INCORRECT, "OP_STATE_INCORRECT"},
	{TDX_TD_ASSOCIATED_PAGES_EXIST, "TD_ASSOCIATED_PAGES_EXIST"},
	{TDX_TD_FATAL, "TD_FATAL"},
	{TDX_TDCS_NOT_ALLOCATED, "TDCS_NOT_ALLOCATED"},
	{TDX_LIFECYCLE_STATE_INCORRECT, "LIFECYCLE_STATE_INCORRECT"},
	{TDX_TDCX_NUM_INCORRECT, "TDCX_NUM_INCORRECT"},
	{TDX_MAX_VCPUS_EXCEEDED, "MAX_VCPUS_EXCEEDED"},
	{TDX_X2APIC_ID_NOT_UNIQUE, "X2APIC_ID_NOT_UNIQUE"},
	{TDX_TD_KEYS_NOT_CONFIGURED, "TD_KEYS_NOT_CONFIGURED"},
	{TDX_KEY_CONFIGURED, "KEY_CONFIGURED"},
	{TDX_WBCACHE_NOT_COMPLETE, "WBCACHE_NOT_COMPLETE"},
	{TDX_HKID_NOT_FREE, "HKID_NOT_FREE"},
	{TDX_NO_HKID_READY_TO_WBCACHE, "NO_HKID_READY_TO_WBCACHE"},
	{TDX_WBCACHE_RESUME_ERROR, "WBCACHE_RESUME_ERROR"},
	{TDX_FLUSHVP_NOT_DONE, "FLUSHVP_NOT_DONE"},
	{TDX_METADATA_FIELD_ID_INCORRECT, "METADATA_FIELD_ID_INCORRECT"},
	{TDX_METADATA_FIELD_NOT_WRITABLE, "METADATA_FIELD_NOT_WRITABLE"},
	{TDX_METADATA_FIELD_NOT_READABLE, "METADATA_FIELD_NOT_READABLE"},
	{TDX_METADATA_FIELD_VALUE_NOT_VALID, "METADATA_FIELD_VALUE_NOT_VALID"},
	{TDX_NO_VCPUS, "NO_VCPUS"},
	{TDX_VCPU_STATE_INCORRECT, "VCPU_STATE_INCORRECT"},
	{TDX_VCPU_ASSOCIATED, "VCPU_ASSOCIATED"},
	{TDX_VCPU_NOT_ASSOCIATED, "VCPU_NOT_ASSOCIATED"},
	{TDX_EPT_WALK_FAILED, "EPT_WALK_FAILED"},
	{TDX_EPT_ENTRY_NOT_PRESENT, "EPT_ENTRY_NOT_PRESENT"},
	{TDX_GPA_RANGE_NOT_BLOCKED, "GPA_RANGE_NOT_BLOCKED"},
	{TDX_GPA_RANGE_ALREADY_BLOCKED, "GPA_RANGE_ALREADY_BLOCKED"},
	{TDX_TLB_TRACKING_NOT_DONE, "TLB_TRACKING_NOT_DONE"},
	{TDX_EPT_INVALID_PROMOTE_CONDITIONS, "EPT_INVALID_PROMOTE_CONDITIONS"},
	{TDX_PAGE_ALREADY_ACCEPTED, "PAGE_ALREADY_ACCEPTED"},
	{TDX_PAGE_SIZE_MISMATCH, "PAGE_SIZE_MISMATCH"},
	{TDX_EPT_ENTRY_STATE_INCORRECT, "EPT_ENTRY_STATE_INCORRECT"},
	{TDX_EPT_PAGE_NOT_FREE, "EPT_PAGE_NOT_FREE"},
};

const char *seam_status_name(u64 status)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
		if (names[i].status == (status & TDX_STATUS_MASK))
			return names[i].name;
	}
	return "unknown status";
}
