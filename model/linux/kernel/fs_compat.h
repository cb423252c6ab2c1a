/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where kernel versions differ for the file system side, and nowhere else.
 */
#ifndef TDPFUZZ_LNX_FS_COMPAT_H
#define TDPFUZZ_LNX_FS_COMPAT_H

#include <linux/fs.h>
#include <linux/version.h>

/* struct file: file_ref_t since 6.13, a plain counter before. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
#include <linux/file_ref.h>

static inline void fs_count_init(struct file *file)
{
	file_ref_init(&file->f_ref, 1);
}

static inline bool fs_count_get(struct file *file)
{
	if (!file_ref_read(&file->f_ref))
		return false;
	file_ref_inc(&file->f_ref);
	return true;
}

/* True for the last one. Dead in one step: the kernel's two steps can be undone by a get in between, which is
 * a get before. */
static inline bool fs_count_put(struct file *file)
{
	if (file_ref_read(&file->f_ref) == 1) {
		atomic_long_set(&file->f_ref.refcnt, FILE_REF_DEAD);
		return true;
	}
	atomic_long_dec(&file->f_ref.refcnt);
	return false;
}
#else
static inline void fs_count_init(struct file *file)
{
	atomic_long_set(&file->f_count, 1);
}

static inline bool fs_count_get(struct file *file)
{
	return atomic_long_inc_not_zero(&file->f_count);
}

static inline bool fs_count_put(struct file *file)
{
	return atomic_long_dec_and_test(&file->f_count);
}
#endif

/* The batch of folios has lost its second name. */
#if __has_include(<linux/folio_batch.h>)
#include <linux/folio_batch.h>
#else
#include <linux/pagevec.h>
#endif

/* guest_memfd keeps its files in a list of the mapping, before it had inodes of its own. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 19, 0)
#define fs_mapping_init_list(mapping) INIT_LIST_HEAD(&(mapping)->i_private_list)
#else
#define fs_mapping_init_list(mapping) ((void)0)
#endif

/* Page cache look-ups take a memory policy, and byte offsets that end a range are unsigned, since 6.19. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 19, 0)
#define FS_FILEMAP_MPOL
#define FS_TRUNCATE_END uoff_t
#else
#define FS_TRUNCATE_END loff_t
#endif

#endif
