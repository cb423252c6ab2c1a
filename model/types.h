/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's integer names, and the few compiler helpers that every layer uses.
 */
#ifndef TDPFUZZ_MODEL_TYPES_H
#define TDPFUZZ_MODEL_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t s32;
typedef int64_t s64;

/* Frame numbers and addresses; a frame is 4 KiB in every geometry. */
typedef u64 gfn_t;
typedef u64 gpa_t;
typedef u64 pfn_t;
typedef u64 hpa_t;

#define PAGE_SHIFT 12
#define PAGE_SIZE (1ull << PAGE_SHIFT)

#define BIT_ULL(n) (1ull << (n))
#define GENMASK_ULL(h, l) (((~0ull) << (l)) & (~0ull >> (63 - (h))))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#ifndef likely
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#endif

#define min(a, b)                                                                                            \
	({                                                                                                   \
		typeof(a) _a = (a);                                                                          \
		typeof(b) _b = (b);                                                                          \
		_a < _b ? _a : _b;                                                                           \
	})
#define max(a, b)                                                                                            \
	({                                                                                                   \
		typeof(a) _a = (a);                                                                          \
		typeof(b) _b = (b);                                                                          \
		_a > _b ? _a : _b;                                                                           \
	})

#define container_of(ptr, type, member) ((type *)((char *)(ptr) - offsetof(type, member)))

#endif
