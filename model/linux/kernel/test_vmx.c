// SPDX-License-Identifier: GPL-2.0-only
/* The rules of VMCSs that KVM relies on, with the instructions as the tree executes them. */
#include <linux/gfp.h>
#include <asm/vmx.h>

#include "model/linux/build/cpu.h"
#include "model/linux/kernel/env.h"
#include "model/linux/kernel/setup.h"

extern const struct lnx_test lnx_vmx_tests[];

#define REVISION 0x13

#define expect(cond)                                                                                         \
	do {                                                                                                 \
		if (!(cond))                                                                                 \
			lnx_internal("%s:%d: %s does not hold", __FILE__, __LINE__, #cond);                  \
	} while (0)

static unsigned long new_vmcs(void)
{
	u32 *vmcs = (u32 *)get_zeroed_page(GFP_KERNEL);

	expect(setup_in_vmx_operation());
	vmcs[0] = REVISION;
	expect(lnx_cpu_vmclear(__pa(vmcs), 0) == LNX_VMX_SUCCEED);
	return __pa(vmcs);
}

static void free_vmcs(unsigned long vmcs)
{
	expect(lnx_cpu_vmclear(vmcs, 0) == LNX_VMX_SUCCEED);
	free_page((unsigned long)__va(vmcs));
}

static unsigned long read_field(unsigned long field)
{
	unsigned long value = 0;

	expect(lnx_cpu_vmread(field, &value, 0) == LNX_VMX_SUCCEED);
	return value;
}

/* Fields belong to the VMCS that is current, are as wide as their encoding says, and need one. */
static void test_vmcs_fields(void)
{
	unsigned long a = new_vmcs(), b = new_vmcs(), value;

	expect(lnx_cpu_vmread(GUEST_RIP, &value, 0) == LNX_VMX_FAIL_INVALID);
	expect(lnx_cpu_vmptrld(a, 0) == LNX_VMX_SUCCEED);
	expect(lnx_cpu_vmwrite(GUEST_RIP, -1ul, 0) == LNX_VMX_SUCCEED);
	expect(lnx_cpu_vmwrite(GUEST_CS_LIMIT, -1ul, 0) == LNX_VMX_SUCCEED);
	expect(lnx_cpu_vmwrite(GUEST_CS_SELECTOR, -1ul, 0) == LNX_VMX_SUCCEED);
	expect(read_field(GUEST_RIP) == -1ul);
	expect(read_field(GUEST_CS_LIMIT) == 0xffffffff);
	expect(read_field(GUEST_CS_SELECTOR) == 0xffff);
	expect(lnx_cpu_vmptrld(b, 0) == LNX_VMX_SUCCEED);
	expect(read_field(GUEST_RIP) == 0);
	free_vmcs(b);
	expect(lnx_cpu_vmwrite(GUEST_RIP, 0, 0) == LNX_VMX_FAIL_INVALID);
	free_vmcs(a);
}

/* What fails says so in the VMCS that is current. */
static void test_vmcs_errors(void)
{
	unsigned long a = new_vmcs(), b = new_vmcs(), value;

	expect(lnx_cpu_vmptrld(a, 0) == LNX_VMX_SUCCEED);
	expect(lnx_cpu_vmwrite(VM_EXIT_REASON, 1, 0) == LNX_VMX_FAIL_VALID);
	expect(read_field(VM_INSTRUCTION_ERROR) == VMXERR_VMWRITE_READ_ONLY_VMCS_COMPONENT);
	expect(lnx_cpu_vmread(0x7fff, &value, 0) == LNX_VMX_FAIL_VALID);
	expect(read_field(VM_INSTRUCTION_ERROR) == VMXERR_UNSUPPORTED_VMCS_COMPONENT);
	*(u32 *)__va(b) = REVISION + 1;
	expect(lnx_cpu_vmptrld(b, 0) == LNX_VMX_FAIL_VALID);
	expect(read_field(VM_INSTRUCTION_ERROR) == VMXERR_VMPTRLD_INCORRECT_VMCS_REVISION_ID);
	expect(lnx_cpu_vmptrld(b + 8, 0) == LNX_VMX_FAIL_VALID);
	expect(read_field(VM_INSTRUCTION_ERROR) == VMXERR_VMPTRLD_INVALID_ADDRESS);
	free_vmcs(b);
	free_vmcs(a);
}

const struct lnx_test lnx_vmx_tests[] = {
	{"vmcs_fields", test_vmcs_fields},
	{"vmcs_errors", test_vmcs_errors},
	{NULL, NULL},
};
