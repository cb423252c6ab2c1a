/* SPDX-License-Identifier: GPL-2.0-only */
/* What a real thread does before and after it runs kernel code. Threads back end only. */
#ifndef TDPFUZZ_KAPI_THREADS_H
#define TDPFUZZ_KAPI_THREADS_H

void kapi_thread_start(void);
void kapi_thread_end(void);

#endif
