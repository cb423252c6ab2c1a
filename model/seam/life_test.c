/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whole lives of TDs, all by SEAMCALLs: what has to come before what, two TDs beside each other, and that the
 * test bench's TDs are the same as these.
 */
#include "model/seam/life_testbed.h"

/* ---- one life from end to end ---- */

static bool all_nda(const struct pages *p)
{
	const hpa_t *page = &p->tdr;

	for (unsigned int i = 0; i < sizeof(*p) / sizeof(*page); i++) {
		if (seam_pamt_type(page[i] >> PAGE_SHIFT, 1) != PAMT_NDA)
			return false;
	}
	return true;
}

/* Three tables and two pages: one of the initial image, one that the guest accepts. */
static hpa_t mem[5];

static void build_memory(void)
{
	unsigned int n = 0;

	for (unsigned int level = 4; level > 1; level--, n++) {
		mem[n] = tb_page(1, HW_SEPT);
		tb_must(tb_call(TDH_MEM_SEPT_ADD, tb_gpa(0, level), a.tdr, mem[n], 0), "SEPT.ADD");
	}
	mem[3] = tb_page(1, HW_GMEM);
	tb_must(tb_call(TDH_MEM_PAGE_ADD, 0, a.tdr, mem[3], tb_page(1, HW_USER)), "PAGE.ADD");
	expect_call(TDH_MR_EXTEND, 0x100, a.tdr, TDX_SUCCESS, "MR.EXTEND of a chunk");
	expect_call(TDH_MR_EXTEND, 0x80, a.tdr, TDX_OPERAND_INVALID | RCX, "MR.EXTEND of half a chunk");
	expect_call(TDH_MR_EXTEND, PAGE_SIZE, a.tdr, TDX_EPT_ENTRY_NOT_PRESENT | RCX, "MR.EXTEND of nothing");
	tb_expect(tb.regs.rcx == EPT_SVE && tb.regs.rdx == 0, "which shows the FREE entry");
	expect_call(TDH_VP_ENTER, a.tdvpr, 0, TDX_OP_STATE_INCORRECT, "VP.ENTER before FINALIZE");
	tb_must(call(TDH_MR_FINALIZE, a.tdr, 0), "MR.FINALIZE");
	expect_call(TDH_MR_EXTEND, 0x100, a.tdr, TDX_OP_STATE_INCORRECT, "MR.EXTEND after FINALIZE");
	mem[4] = tb_page(1, HW_GMEM);
	tb_must(tb_call(TDH_MEM_PAGE_AUG, PAGE_SIZE, a.tdr, mem[4], 0), "AUG");
}

static void run_guest(void)
{
	tb.insn[0] = (struct guest_insn){.op = G_READ, .reg = 0, .gpa = 0};
	tb.insn[1] = (struct guest_insn){.op = G_ACCEPT, .reg = 1, .level = 1, .gpa = PAGE_SIZE};
	tb.insn[2] = (struct guest_insn){.op = G_READ, .reg = 2, .gpa = PAGE_SIZE};
	tb.guest.nr = 3;
	expect_call(TDH_VP_ENTER, a.tdvpr, 0, TDX_EXIT_REASON_TDCALL, "the guest runs");
	tb_expect(tb.regs.r11 == TDG_VP_VMCALL_HLT && tb.regs.r12 == 1 && !tb.guest.regs[1],
		  "to its end, a HLT");
}

static void whole_life(void *arg)
{
	(void)arg;
	reset(1);
	build(&a, KEY);
	build_memory();
	run_guest();
	tb_expect_u64(td_of(&a)->chldcnt, 6 + 6 + 3 + 2, "CHLDCNT counts every page");
	tb_expect_u64(td_of(&a)->epoch, 1, "the first epoch, and nobody is inside");
	seam_check_quiescent();
	release_key(&a);
	for (unsigned int i = 0; i < ARRAY_SIZE(mem); i++)
		reclaim(mem[i]);
	expect_call(TDH_PHYMEM_PAGE_WBINVD, (u64)63 << SEAM_KEYID_SHIFT | a.tdr, 0,
		    TDX_PAGE_METADATA_INCORRECT | RCX, "PAGE.WBINVD of a TDR that is one");
	reclaim_control(&a);
	expect_call(TDH_PHYMEM_PAGE_WBINVD, (u64)63 << SEAM_KEYID_SHIFT | a.tdr, 0, TDX_SUCCESS,
		    "PAGE.WBINVD of the TDR that was, under the module's key");
	tb_expect(all_nda(&a) && seam_kot.state[KEY] == KOT_FREE && !td_of(&a) && !vp_of(&a),
		  "nothing is left");
	build(&b, KEY);
	tb_expect(td_of(&b) == &seam_tds[0] && vp_of(&b) == &seam_vps[0], "the next TD takes the same place");
	tb_expect(td_of(&b)->tag == 2, "but no translation of the one before");
	seam_check_quiescent();
}

/* ---- wrong order ---- */

static void too_early(void *arg)
{
	(void)arg;
	reset(1);
	expect_call(TDH_MNG_KEY_CONFIG, a.tdr, 0, TDX_PAGE_METADATA_INCORRECT | RCX, "KEY.CONFIG of no TDR");
	expect_call(TDH_MNG_CREATE, a.tdr, 0, TDX_OPERAND_INVALID | RDX, "CREATE with the host's key id");
	expect_call(TDH_MNG_CREATE, a.tdr, SEAM_NR_KEYIDS, TDX_OPERAND_INVALID | RDX, "with one too high");
	expect_call(TDH_MNG_CREATE, a.tdr + 8, KEY, TDX_OPERAND_INVALID | RCX, "CREATE of half a page");
	expect_call(TDH_MNG_CREATE, a.tdr, SEAM_NR_KEYIDS - 1, TDX_HKID_NOT_FREE, "with the module's key id");
	create(&a, KEY);
	expect_call(TDH_MNG_CREATE, a.tdr, KEY + 1, TDX_PAGE_METADATA_INCORRECT | RCX, "CREATE twice");
	expect_call(TDH_MNG_CREATE, b.tdr, KEY, TDX_HKID_NOT_FREE, "one key id for two TDs");
	expect_call(TDH_MNG_ADDCX, a.tdcx[0], a.tdr, TDX_TD_KEYS_NOT_CONFIGURED, "ADDCX without keys");
	expect_call(TDH_MNG_INIT, a.tdr, params_pa, TDX_TD_KEYS_NOT_CONFIGURED, "INIT without keys");
	expect_call(TDH_MEM_TRACK, a.tdr, 0, TDX_TD_KEYS_NOT_CONFIGURED, "TRACK without keys");
	tb_must(call(TDH_MNG_KEY_CONFIG, a.tdr, 0), "KEY.CONFIG");
	expect_call(TDH_MNG_KEY_CONFIG, a.tdr, 0, TDX_LIFECYCLE_STATE_INCORRECT, "KEY.CONFIG twice");
	expect_call(TDH_MNG_INIT, a.tdr, params_pa, TDX_TDCS_NOT_ALLOCATED, "INIT without pages");
	expect_call(TDH_VP_CREATE, a.tdvpr, a.tdr, TDX_TDCS_NOT_ALLOCATED, "VP.CREATE without pages");
	for (unsigned int i = 0; i < SEAM_TDCX_PER_TD - 1; i++)
		tb_must(call(TDH_MNG_ADDCX, a.tdcx[i], a.tdr), "ADDCX");
	expect_call(TDH_MNG_ADDCX, a.tdcx[0], a.tdr, TDX_PAGE_METADATA_INCORRECT | RCX, "a page twice");
	expect_call(TDH_MNG_INIT, a.tdr, params_pa, TDX_TDCS_NOT_ALLOCATED, "INIT with five pages");
	tb_must(call(TDH_MNG_ADDCX, a.tdcx[5], a.tdr), "ADDCX");
	expect_call(TDH_MEM_SEPT_ADD, 3, a.tdr, TDX_OP_STATE_INCORRECT, "SEPT.ADD before INIT");
	expect_call(TDH_MR_FINALIZE, a.tdr, 0, TDX_OP_STATE_INCORRECT, "FINALIZE before INIT");
	expect_call(TDH_VP_CREATE, a.tdvpr, a.tdr, TDX_OP_STATE_INCORRECT, "VP.CREATE before INIT");
	expect_call(TDH_MNG_RD, a.tdr, 0x110000000000000aull, TDX_OP_STATE_INCORRECT, "MNG.RD before INIT");
	tb_must(call(TDH_MNG_INIT, a.tdr, params_pa), "INIT");
	expect_call(TDH_MNG_INIT, a.tdr, params_pa, TDX_OP_STATE_INCORRECT, "INIT twice");
	expect_call(TDH_MNG_ADDCX, b.tdcx[0], a.tdr, TDX_OP_STATE_INCORRECT, "a seventh page after INIT");
	expect_call(TDH_MR_FINALIZE, a.tdr, 0, TDX_NO_VCPUS, "FINALIZE without vCPUs");
	seam_check_quiescent();
}

static void more_pages(void *arg)
{
	(void)arg;
	reset(1);
	create(&a, KEY);
	tb_must(call(TDH_MNG_KEY_CONFIG, a.tdr, 0), "KEY.CONFIG");
	addcx(&a);
	for (unsigned int i = 0; i < 3; i++)
		expect_call(TDH_MNG_ADDCX, b.tdcx[i], a.tdr, TDX_SUCCESS, "pages for L2 VMs before INIT");
	expect_call(TDH_MNG_ADDCX, b.tdcx[3], a.tdr, TDX_TDCX_NUM_INCORRECT, "a tenth page");
}

static void vp_too_early(void *arg)
{
	(void)arg;
	reset(1);
	build_td(&a, KEY);
	expect_call(TDH_VP_ADDCX, a.vp_tdcx[0], a.tdvpr, TDX_PAGE_METADATA_INCORRECT | RDX,
		    "ADDCX of no vCPU");
	expect_call(TDH_VP_CREATE, a.tdcx[0], a.tdr, TDX_PAGE_METADATA_INCORRECT | RCX,
		    "VP.CREATE of a TDCX");
	tb_must(call(TDH_VP_CREATE, a.tdvpr, a.tdr), "VP.CREATE");
	expect_call(TDH_VP_INIT, a.tdvpr, 0, TDX_TDCX_NUM_INCORRECT, "VP.INIT without pages");
	expect_call(TDH_VP_FLUSH, a.tdvpr, 0, TDX_TDCX_NUM_INCORRECT, "VP.FLUSH without pages");
	for (unsigned int i = 0; i < SEAM_TDCX_PER_VP; i++)
		tb_must(call(TDH_VP_ADDCX, a.vp_tdcx[i], a.tdvpr), "VP.ADDCX");
	expect_call(TDH_VP_ADDCX, b.vp_tdcx[0], a.tdvpr, TDX_TDCX_NUM_INCORRECT, "a sixth page");
	expect_call(TDH_VP_RD, a.tdvpr, 0x203c, TDX_VCPU_STATE_INCORRECT, "VP.RD before VP.INIT");
	expect_call(TDH_VP_FLUSH, a.tdvpr, 0, TDX_VCPU_NOT_ASSOCIATED, "VP.FLUSH before VP.INIT");
	expect_call(TDH_MR_FINALIZE, a.tdr, 0, TDX_NO_VCPUS, "FINALIZE before VP.INIT");
	expect_call(TDH_VP_INIT | 2 << 16, a.tdvpr, 0, TDX_OPERAND_INVALID, "VP.INIT of version 2");
	tb_must(tb_call(TDH_VP_INIT | 1 << 16, a.tdvpr, 0, 7, 0), "VP.INIT of version 1");
	tb_expect(vp_of(&a)->x2apic_id == 7 && vp_of(&a)->index == 0, "takes the x2APIC id");
	tb_expect_u64(td_of(&a)->nr_associated, 1, "VP.INIT associates the vCPU");
	expect_call(TDH_VP_INIT, a.tdvpr, 0, TDX_VCPU_STATE_INCORRECT, "VP.INIT twice");
	expect_call(TDH_VP_ADDCX, b.vp_tdcx[0], a.tdvpr, TDX_VCPU_STATE_INCORRECT, "a page after VP.INIT");
	seam_check_quiescent();
}

static void second_vp(void *arg)
{
	(void)arg;
	reset(1);
	params[2] = 1;
	build(&a, KEY);
	tb_must(call(TDH_VP_CREATE, b.tdvpr, a.tdr), "VP.CREATE");
	for (unsigned int i = 0; i < SEAM_TDCX_PER_VP; i++)
		tb_must(call(TDH_VP_ADDCX, b.vp_tdcx[i], b.tdvpr), "VP.ADDCX");
	tb_expect_u64(tb_call(TDH_VP_INIT | 1 << 16, b.tdvpr, 0, 0, 0), TDX_X2APIC_ID_NOT_UNIQUE,
		      "two vCPUs with one x2APIC id");
	expect_call(TDH_VP_INIT, b.tdvpr, 0, TDX_MAX_VCPUS_EXCEEDED, "more vCPUs than TD_PARAMS allow");
	tb_must(call(TDH_MR_FINALIZE, a.tdr, 0), "MR.FINALIZE");
	expect_call(TDH_VP_INIT, b.tdvpr, 0, TDX_OP_STATE_INCORRECT, "VP.INIT after FINALIZE");
	expect_call(TDH_VP_CREATE, b.tdr, a.tdr, TDX_OP_STATE_INCORRECT, "VP.CREATE after FINALIZE");
}

/* ---- two TDs ---- */

static void two_tds(void *arg)
{
	hpa_t data;

	(void)arg;
	reset(1);
	build(&a, KEY);
	build(&b, KEY + 1);
	tb_expect(td_of(&a)->tag != td_of(&b)->tag && td_of(&a)->keyid != td_of(&b)->keyid,
		  "two TDs share neither translations nor a key");
	expect_call(TDH_VP_CREATE, a.tdvpr, b.tdr, TDX_PAGE_METADATA_INCORRECT | RCX, "a vCPU of the other");
	tb.tdr = a.tdr;
	tb.td = td_of(&a)->index;
	data = tb_page(1, HW_GMEM);
	tb_leaf(0, 1, true, data);
	tb_must(tb_call(TDH_MEM_SEPT_ADD, tb_gpa(0, 4), b.tdr, tb_page(1, HW_SEPT), 0), "SEPT.ADD");
	tb_must(tb_call(TDH_MEM_SEPT_ADD, tb_gpa(0, 3), b.tdr, tb_page(1, HW_SEPT), 0), "SEPT.ADD");
	tb_must(tb_call(TDH_MEM_SEPT_ADD, tb_gpa(0, 2), b.tdr, tb_page(1, HW_SEPT), 0), "SEPT.ADD");
	tb_expect_u64(tb_call(TDH_MEM_PAGE_AUG, 0, b.tdr, data, 0),
		      TDX_PAGE_METADATA_INCORRECT | TDX_OPERAND_ID_R8, "a page of the other");
	release_key(&a);
	expect_call(TDH_MR_FINALIZE, b.tdr, 0, TDX_SUCCESS, "the other lives on");
	seam_check_quiescent();
}

/* ---- the test bench makes the same ---- */

static bool same_params(const struct seam_td_params *p, const struct seam_td_params *q)
{
	return p->attributes == q->attributes && p->xfam == q->xfam && p->eptp_controls == q->eptp_controls &&
	       p->config_flags == q->config_flags && p->max_vcpus == q->max_vcpus &&
	       p->tsc_frequency == q->tsc_frequency && !memcmp(p->cpuid, q->cpuid, sizeof(p->cpuid));
}

static bool same_td(const struct seam_td *p, const struct seam_td *q)
{
	return p->lifecycle == q->lifecycle && p->op_state == q->op_state && p->nr_tdcx == q->nr_tdcx &&
	       p->keys == q->keys && p->fatal == q->fatal && p->debug == q->debug &&
	       p->pending_ve_disable == q->pending_ve_disable && p->levels == q->levels &&
	       p->shared_bit == q->shared_bit && p->op_state_lock == q->op_state_lock &&
	       p->tree_lock == q->tree_lock && p->epoch_lock == q->epoch_lock && p->epoch == q->epoch &&
	       p->chldcnt == q->chldcnt && p->nr_vps == q->nr_vps && p->nr_associated == q->nr_associated &&
	       same_params(&p->params, &q->params) && seam_kot.state[p->keyid] == seam_kot.state[q->keyid];
}

static bool same_vp(const struct seam_vp *p, const struct seam_vp *q)
{
	return p->state == q->state && p->nr_tdcx == q->nr_tdcx && p->index == q->index &&
	       p->x2apic_id == q->x2apic_id && !memcmp(&p->fields, &q->fields, sizeof(p->fields)) &&
	       p->where == q->where && p->epoch == q->epoch && p->stepping == q->stepping &&
	       p->nr_gpas == q->nr_gpas && p->hp_calls == q->hp_calls && p->vmcall == q->vmcall &&
	       p->guest == q->guest && p->vmcs.tag == p->td->tag && q->vmcs.tag == q->td->tag &&
	       p->vmcs.keyid == p->td->keyid && q->vmcs.keyid == q->td->keyid &&
	       p->vmcs.private_root == p->td->root && q->vmcs.private_root == q->td->root &&
	       p->vmcs.shared_root == q->vmcs.shared_root && p->vmcs.shared_bit == q->vmcs.shared_bit &&
	       p->vmcs.levels == q->vmcs.levels;
}

static bool same_pamt(hpa_t p, const struct seam_td *p_td, hpa_t q, const struct seam_td *q_td)
{
	struct pamt_entry *x = pamt(p >> PAGE_SHIFT, 1), *y = pamt(q >> PAGE_SHIFT, 1);

	return x->type == y->type && x->lock == y->lock && x->bepoch == y->bepoch &&
	       (x->owner ? x->owner == p_td->tdr && y->owner == q_td->tdr : !y->owner);
}

static bool same_roots(const struct seam_td *p, const struct seam_td *q)
{
	return !memcmp(hw_table(p->root >> PAGE_SHIFT), hw_table(q->root >> PAGE_SHIFT), hw_entries() * 8);
}

static void compare_with_bench(struct seam_td *direct)
{
	hpa_t tdvpr = seam_vp_create(direct->index, &tb.guest);

	tb_expect(same_td(td_of(&a), direct), "the TD's state");
	tb_expect(same_vp(vp_of(&a), seam_vp_of(tdvpr >> PAGE_SHIFT)), "the vCPU's state");
	tb_expect(same_pamt(a.tdr, td_of(&a), direct->tdr << PAGE_SHIFT, direct), "PAMT of the TDR");
	tb_expect(same_pamt(a.tdvpr, td_of(&a), tdvpr, direct), "PAMT of the TDVPR");
	tb_expect(same_pamt(a.tdcx[SEAM_TDCX_ROOT], td_of(&a), direct->root, direct), "PAMT of the root");
	tb_expect(same_roots(td_of(&a), direct), "the root's entries");
	direct->op_state = OP_RUNNABLE;
	tb_expect(!same_td(td_of(&a), direct), "and the comparison can tell");
}

static void same_as_bench(void *arg)
{
	(void)arg;
	reset(1);
	build(&a, KEY);
	tb_must(call(TDH_VP_FLUSH, a.tdvpr, 0), "VP.FLUSH");
	compare_with_bench(&seam_tds[seam_td_create(KEY + 1, true)]);
}

static void same_wide_td(void *arg)
{
	(void)arg;
	reset(1);
	params[0] = 0;
	params[3] = 6 | 4 << 3;
	params[4] = 1;
	build(&a, KEY);
	tb_must(call(TDH_VP_FLUSH, a.tdvpr, 0), "VP.FLUSH");
	compare_with_bench(&seam_tds[seam_td_create_levels(KEY + 1, false, 5, true)]);
}

/* ---- profiles ---- */

static void profiles(void *arg)
{
	u64 *tdr;

	(void)arg;
	reset(1);
	seam_set_profile(SEAM_PROFILE_VP_INIT_EXCLUSIVE);
	build_td(&a, KEY);
	tdr = lock_of(a.tdr);
	tb_must(call(TDH_VP_CREATE, a.tdvpr, a.tdr), "VP.CREATE");
	for (unsigned int i = 0; i < SEAM_TDCX_PER_VP; i++)
		tb_must(call(TDH_VP_ADDCX, a.vp_tdcx[i], a.tdvpr), "VP.ADDCX");
	busy(tdr, SHAREX_READER, TDH_VP_INIT, a.tdvpr, 0, TDX_OPERAND_ID_TDR,
	     "exclusive VP.INIT next to a reader");
	expect_call(TDH_VP_INIT, a.tdvpr, 0, TDX_SUCCESS, "exclusive VP.INIT alone");
	tb_expect_u64(*tdr, 0, "leaves no lock");
	seam_set_profile(SEAM_PROFILE_1_5);
	tb_expect(!strcmp(seam_profile_name(SEAM_PROFILE_1_5), "1.5"), "profiles have names");
}

static u64 demote(void)
{
	return tb_call(TDH_MEM_PAGE_DEMOTE, tb_gpa(0, 2), a.tdr, tb_page(1, HW_SEPT), 0);
}

/* RUNNABLE, with a large page. */
static void large_td(void)
{
	reset(1);
	build(&a, KEY);
	tb.tdr = a.tdr;
	tb.td = td_of(&a)->index;
	tb_leaf(0, 2, true, tb_page(2, HW_GMEM));
	tb_must(call(TDH_MR_FINALIZE, a.tdr, 0), "MR.FINALIZE");
	tb.interrupt = true;
}

static void block_and_track(void)
{
	tb_must(call(TDH_MEM_RANGE_BLOCK, tb_gpa(0, 2), a.tdr), "BLOCK");
	tb_must(call(TDH_MEM_TRACK, a.tdr, 0), "TRACK");
}

static void demote_profiles(void *arg)
{
	(void)arg;
	large_td();
	tb_expect_u64(demote(), TDX_GPA_RANGE_NOT_BLOCKED | RCX, "1.5: DEMOTE without BLOCK");
	block_and_track();
	tb_expect_u64(demote(), TDX_INTERRUPTED_RESTARTABLE, "1.5: DEMOTE is interrupted");
	seam_set_profile(SEAM_PROFILE_DEMOTE_UNINTERRUPTIBLE);
	tb_expect_u64(demote(), TDX_SUCCESS, "uninterruptible DEMOTE is not");
	seam_set_profile(SEAM_PROFILE_RESIZE_UNBLOCKED);
	large_td();
	tb.interrupt = false;
	tb_expect_u64(demote(), TDX_SUCCESS, "unblocked DEMOTE");
	tb_expect_u64(call(TDH_MEM_PAGE_PROMOTE, tb_gpa(0, 2), a.tdr), TDX_SUCCESS, "and PROMOTE");
	tb_expect_u64(call(TDH_MEM_PAGE_REMOVE, tb_gpa(0, 2), a.tdr), TDX_GPA_RANGE_NOT_BLOCKED | RCX,
		      "but REMOVE wants its BLOCK");
	seam_set_profile(SEAM_PROFILE_1_5);
	seam_check_quiescent();
}

/* Large pages have a range of their own, without 4K metadata; control pages are all in the first ranges. */
static void dynamic_pamt(void *arg)
{
	u64 missing = TDX_MISSING_PAMT_PAGE_PAIR | RCX, not_free = TDX_HPA_RANGE_NOT_FREE | RCX;
	struct tdx_module_args regs;
	hpa_t range, table, big;

	(void)arg;
	reset(1);
	range = hw_gfn_round(a.tdr >> PAGE_SHIFT, 2) << PAGE_SHIFT;
	expect_call(TDH_PHYMEM_PAMT_ADD, range | 1, b.tdr, TDX_OPERAND_INVALID, "1.5 has no PAMT.ADD");
	seam_set_profile(SEAM_PROFILE_DYNAMIC_PAMT);
	expect_call(TDH_MNG_CREATE, a.tdr, KEY, missing, "a TDR without metadata");
	tb_expect_u64(tb_call(TDH_PHYMEM_PAMT_ADD, range, 0x1000, 0x2000, 0), TDX_OPERAND_INVALID | RCX,
		      "PAMT.ADD for 4K");
	tb_expect_u64(tb_call(TDH_PHYMEM_PAMT_ADD, range | 1, 0x1000, 0x1000, 0),
		      TDX_OPERAND_INVALID | TDX_OPERAND_ID_R8, "one page twice");
	tb_expect_u64(tb_call(TDH_PHYMEM_PAMT_ADD, range | 1, 0x1000, 0x2000, 0), 0, "PAMT.ADD");
	tb_expect_u64(tb_call(TDH_PHYMEM_PAMT_ADD, range | 1, 0x1000, 0x2000, 0), not_free, "PAMT.ADD twice");
	expect_call(TDH_MNG_CREATE, a.tdr, KEY, TDX_SUCCESS, "a TDR with metadata");
	expect_call(TDH_PHYMEM_PAMT_REMOVE, range | 1, 0, not_free, "PAMT.REMOVE under a TDR");
	tb.td = seam_td_create(KEY + 1, true);
	tb.tdr = seam_tdr_pa(tb.td);
	for (unsigned int l = 4; l > 2; l--) {
		table = tb_page(1, HW_SEPT);
		tb_call(TDH_PHYMEM_PAMT_ADD, (hw_gfn_round(table >> PAGE_SHIFT, 2) << PAGE_SHIFT) | 1, 0x1000,
			0x2000, 0);
		tb_must(tb_mem(TDH_MEM_SEPT_ADD, 0, l, table, 0), "SEPT.ADD");
	}
	big = tb_page(2, HW_GMEM);
	tb_expect_u64(tb_mem(TDH_MEM_PAGE_AUG, 0, 2, big, 0), TDX_SUCCESS, "a large page needs none");
	table = tb_page(1, HW_SEPT);
	tb_call(TDH_PHYMEM_PAMT_ADD, (hw_gfn_round(table >> PAGE_SHIFT, 2) << PAGE_SHIFT) | 1, 0x1000, 0x2000,
		0);
	tb_expect_u64(tb_mem(TDH_MEM_PAGE_DEMOTE, 0, 2, table, 0), TDX_OPERAND_INVALID | 13,
		      "DEMOTE has to bring it");
	regs = (struct tdx_module_args){.rcx = tb_gpa(0, 2), .rdx = tb.tdr, .r8 = table};
	regs.r12 = 0x3000;
	regs.r13 = 0x4000;
	tb_expect_u64(seam_call(TDH_MEM_PAGE_DEMOTE, &regs), TDX_SUCCESS, "and does");
	for (unsigned int i = 0; i < hw_entries(); i++)
		tb_must(tb_mem(TDH_MEM_PAGE_REMOVE, i, 1, 0, 0), "REMOVE");
	expect_call(TDH_PHYMEM_PAMT_REMOVE, big | 1, 0, TDX_SUCCESS, "PAMT.REMOVE when all is free");
	tb_expect(tb.regs.rdx == 0x3000 && tb.regs.r8 == 0x4000, "gives the pages back");
	expect_call(TDH_PHYMEM_PAMT_REMOVE, big | 1, 0, not_free, "once");
	seam_set_profile(SEAM_PROFILE_1_5);
}

int main(void)
{
	static const struct life_case cases[] = {
		{whole_life, "a whole life"},
		{too_early, "calls before their time"},
		{more_pages, "pages for L2 VMs"},
		{vp_too_early, "vCPU calls before their time"},
		{second_vp, "a second vCPU"},
		{two_tds, "two TDs"},
		{same_as_bench, "the test bench makes the same"},
		{same_wide_td, "and with five levels and 52 bits"},
		{profiles, "profile vp-init-exclusive"},
		{demote_profiles, "profiles of DEMOTE"},
		{dynamic_pamt, "profile dynamic-pamt"},
	};

	run_cases(cases, ARRAY_SIZE(cases));
	return tb.failures != 0;
}
