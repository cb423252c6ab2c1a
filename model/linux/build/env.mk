# SPDX-License-Identifier: GPL-2.0-only
# Compiles the environment, model/linux/kernel and what lies beside this file, with the tree's own flags: those of
# arch/x86/kvm/mmu/tdp_mmu.o without instrumentation. Called by build-tree in the object directory of the tree.
# ROOT: this project. SRC: the tree. OUT: where objects go. CC.
here := $(ROOT)/model/linux/build
sources := $(wildcard $(ROOT)/model/linux/kernel/*.c $(here)/cpu.c $(here)/memory.c)
objects := $(addprefix $(OUT)/,$(notdir $(sources:.c=.o)) thunks.o)
flags := $(shell cat $(OUT)/flags)

all: $(objects)

vpath %.c $(ROOT)/model/linux/kernel $(here)

$(OUT)/%.o: %.c $(OUT)/flags
	@echo "CC $*"
	@$(CC) $(flags) -I$(ROOT) -I$(SRC)/arch/x86/kvm -I$(SRC)/arch/x86/kvm/mmu -I$(SRC)/arch/x86/kvm/vmx -I$(SRC)/virt/kvm \
		-D__DISABLE_EXPORTS -DKBUILD_MODFILE='"kvm"' -DKBUILD_BASENAME='"$*"' -DKBUILD_MODNAME='"lnx"' \
		-D__KBUILD_MODNAME=lnx -fmacro-prefix-map=$(ROOT)/= -fdebug-prefix-map=$(ROOT)/= \
		-Wno-missing-prototypes -Wno-missing-declarations -MMD -MP -MF $(@:.o=.d) -c -o $@ $<

$(OUT)/thunks.o: $(here)/thunks.S
	@$(CC) -c -o $@ $<

# An object without its source belongs to nobody.
$(shell cd $(OUT) && rm -f $(filter-out $(notdir $(objects)),$(notdir $(wildcard $(OUT)/*.o))))

-include $(wildcard $(OUT)/*.d)
.DELETE_ON_ERROR:
