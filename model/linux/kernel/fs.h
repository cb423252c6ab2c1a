/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The file system and host mm side of the environment: what its parts say to each other. Kernel half only.
 */
#ifndef TDPFUZZ_LNX_FS_H
#define TDPFUZZ_LNX_FS_H

#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/mmu_notifier.h>
#include <linux/pagemap.h>

#include "model/linux/lnx.h"

/* file.c */

/*
 * The way back to user space of a system call: the releases that fput() left behind run now. Everything that
 * calls into the tree on behalf of user space, and every kernel worker, ends with it.
 */
void fs_return_to_user(void);
/* open("/dev/@name"), for the devices that misc_register() has seen: a descriptor or -errno. */
int fs_open_misc(const char *name);
/* close(@fd): the last reference releases before it returns. */
int fs_close(unsigned int fd);
/* The open file, without a reference; NULL if there is none. */
struct file *fs_file(unsigned int fd);
unsigned int fs_nr_open(void); /* descriptors in use */
unsigned int
fs_nr_files(void); /* struct files that live: more than descriptors when somebody holds a reference */
struct file *fs_file_create(struct inode *inode, const struct file_operations *fops, void *private);

/* inode.c */
struct inode *fs_anon_inode(void); /* the one inode that anon_inode_getfile() files share */
void fs_inode_init(struct inode *inode, struct super_block *sb);
unsigned int fs_nr_inodes(void);

/* pagecache.c */
/* What a descriptor's page cache holds at @index, no reference; NULL if nothing. For oracles: inside an
 * atomic section. */
struct folio *fs_peek_folio(struct address_space *mapping, pgoff_t index);

/* hostmm.c */
extern struct mm_struct fs_mm; /* the VMM's */
void fs_mm_boot(void);
/* mmap() of anonymous memory at [addr, addr + len), and munmap() of all of it. */
int fs_mmap(unsigned long addr, unsigned long len);
void fs_munmap_all(void);
/* madvise(MADV_DONTNEED) of a range: notifier section, entries cleared, pages freed. */
int fs_zap_range(unsigned long addr, unsigned long len);
/* A store of user space through its own mapping; -EFAULT outside of every mapping. */
int fs_user_store(unsigned long addr, u64 value);
/* Frame that is mapped at @addr, or ~0ul. No point. */
unsigned long fs_peek_pfn(unsigned long addr);
unsigned long fs_mm_pages(void); /* mapped, in frames */

#endif
