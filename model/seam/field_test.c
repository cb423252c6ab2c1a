/* SPDX-License-Identifier: GPL-2.0-only */
/* TD_PARAMS and metadata fields. */
#include "model/seam/life_testbed.h"

/* ---- TD_PARAMS and fields ---- */

static void bad_params(void *arg)
{
	static const struct {
		unsigned int word;
		u64 value;
		u64 operand;
		const char *what;
	} bad[] = {
		{0, BIT_ULL(29), TDX_OPERAND_ID_ATTRIBUTES, "a migratable TD"},
		{1, BIT_ULL(9) | 3, TDX_OPERAND_ID_XFAM, "PKRU"},
		{1, 1, TDX_OPERAND_ID_XFAM, "no SSE"},
		{2, 0, TDX_OPERAND_ID_MAX_VCPUS, "no vCPUs"},
		{2, 1 | BIT_ULL(16), RDX, "a reserved byte"},
		{3, 6 | 2 << 3, TDX_OPERAND_ID_EPTP_CONTROLS, "three levels"},
		{3, 6 | 3 << 3 | 1 << 6, TDX_OPERAND_ID_EPTP_CONTROLS, "A/D bits"},
		{3, 3 << 3, TDX_OPERAND_ID_EPTP_CONTROLS, "uncacheable"},
		{4, BIT_ULL(0), TDX_OPERAND_ID_EPTP_CONTROLS, "52 bits with four levels"},
		{4, BIT_ULL(5), TDX_OPERAND_ID_EXEC_CONTROLS, "an unknown flag"},
		{5, 3, TDX_OPERAND_ID_TSC_FREQUENCY, "75 MHz"},
		{32, BIT_ULL(16), TDX_OPERAND_ID_CPUID_CONFIG, "an address width in CPUID"},
		{34, 1, RDX, "CPUID of a leaf that cannot be configured"},
	};

	(void)arg;
	reset(1);
	create(&a, KEY);
	tb_must(call(TDH_MNG_KEY_CONFIG, a.tdr, 0), "KEY.CONFIG");
	addcx(&a);
	expect_call(TDH_MNG_INIT, a.tdr, params_pa + 512, TDX_OPERAND_INVALID | RDX, "TD_PARAMS not aligned");
	expect_call(TDH_MNG_INIT, a.tdr, params_pa | (u64)KEY << SEAM_KEYID_SHIFT, TDX_OPERAND_INVALID | RDX,
		    "TD_PARAMS under a private key");
	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		default_params();
		params[bad[i].word] = bad[i].value;
		expect_call(TDH_MNG_INIT, a.tdr, params_pa, TDX_OPERAND_INVALID | bad[i].operand,
			    bad[i].what);
	}
	tb_expect_u64(td_of(&a)->op_state, OP_UNINITIALIZED, "nothing came of it");
	default_params();
	params[3] = 6 | 4 << 3;
	params[4] = 5;
	params[32] = SYS_CPUID_CONFIG_EBX << 32;
	tb_must(call(TDH_MNG_INIT, a.tdr, params_pa), "INIT");
	tb_expect(td_of(&a)->levels == 5 && td_of(&a)->shared_bit == hw_shared_gfn_bit_of(5),
		  "five levels and 52 bits");
	expect_call(TDH_MNG_RD, a.tdr, 0x94100003000101feull | 8 << 9, TDX_SUCCESS, "CPUID 0x80000008");
	tb_expect_u64(tb.regs.r8 >> 32, SYS_CPUID_CONFIG_EBX, "has what the host asked for");
}

static void expect_wr(u64 field, u64 value, u64 mask, u64 want, const char *what)
{
	tb_expect_u64(tb_call(TDH_VP_WR, a.tdvpr, field, value, mask), want, what);
}

static void fields(void *arg)
{
	hpa_t root = 0x123000;

	(void)arg;
	reset(1);
	build(&a, KEY);
	expect_call(TDH_MNG_RD, a.tdr, 0x110000000000000bull, TDX_SUCCESS, "TSC multiplier");
	tb_expect_u64(tb.regs.r8, BIT_ULL(48), "is one");
	expect_call(TDH_MNG_RD, a.tdr, 0x1100000000000077ull, TDX_METADATA_FIELD_ID_INCORRECT, "no field");
	tb_expect_u64(tb.regs.r8, 0, "reads as 0");
	expect_call(TDH_MNG_RD, a.tdr, 0x9410000300001000ull, TDX_METADATA_FIELD_ID_INCORRECT,
		    "a CPUID leaf with subleafs");
	expect_wr(0x203c, root, ~0ull, TDX_SUCCESS, "shared EPT pointer");
	tb_expect_u64(vp_of(&a)->vmcs.shared_root, root, "is where the processor walks");
	expect_wr(0x203c, root | 8, ~0ull, TDX_METADATA_FIELD_VALUE_NOT_VALID, "no page");
	expect_wr(0x203c, (u64)KEY << SEAM_KEYID_SHIFT, ~0ull, TDX_METADATA_FIELD_VALUE_NOT_VALID,
		  "a page under a private key");
	expect_wr(0x0002, 0xf2, 0xffff, TDX_SUCCESS, "vector of posted interrupts");
	expect_wr(0x2016, 0x4567c0, ~0ull, TDX_SUCCESS, "their descriptor");
	expect_wr(0x2016, 0x4567c8, ~0ull, TDX_METADATA_FIELD_VALUE_NOT_VALID, "not aligned");
	expect_wr(0x4000, BIT_ULL(7), BIT_ULL(7), TDX_SUCCESS, "their control");
	expect_wr(0x4000, 1, 1, TDX_METADATA_FIELD_NOT_WRITABLE, "another one");
	expect_wr(0x401e, 3, BIT_ULL(30) | 3, TDX_METADATA_FIELD_VALUE_NOT_VALID, "one with another");
	expect_wr(0x2000000000000000ull | 11, 1, 0xff, TDX_SUCCESS, "a pending NMI");
	expect_wr(0x9100000000000100ull, 1, 1, TDX_METADATA_FIELD_NOT_WRITABLE, "state details");
	expect_call(TDH_VP_RD, a.tdvpr, 0x4000, TDX_SUCCESS, "VP.RD");
	tb_expect_u64(tb.regs.r8, BIT_ULL(7), "reads what was written");
	expect_wr(0x203c, 0, 0xfff000, TDX_SUCCESS, "under a mask");
	tb_expect(tb.regs.r8 == root && !vp_of(&a)->vmcs.shared_root, "R8 is what was there");
	eng_set_cpu(0, 1);
	expect_wr(0x203c, root, ~0ull, TDX_VCPU_ASSOCIATED, "VP.WR on another CPU");
	expect_call(TDH_VP_RD, a.tdvpr, 0x4000, TDX_VCPU_ASSOCIATED, "VP.RD there");
	eng_set_cpu(0, 0);
	tb_must(call(TDH_VP_FLUSH, a.tdvpr, 0), "VP.FLUSH");
	eng_set_cpu(0, 1);
	expect_wr(0x203c, root, ~0ull, TDX_SUCCESS, "VP.WR after VP.FLUSH");
	tb_expect_u64(vp_of(&a)->where, 2, "associates the vCPU with that CPU");
	eng_set_cpu(0, 0);
}

int main(void)
{
	static const struct life_case cases[] = {
		{bad_params, "TD_PARAMS"},
		{fields, "fields"},
	};

	run_cases(cases, ARRAY_SIZE(cases));
	return tb.failures != 0;
}
