// SPDX-License-Identifier: GPL-2.0-only
/*
 * Inodes of pseudo file systems: guest_memfd's own, and the one that all anonymous files share.
 *
 * The rules that KVM relies on: the page cache of an inode lives until its last reference is gone, which is
 * after the release of its last file; the super block's destroy_inode() runs then, and free_inode() one grace
 * period later.
 *
 * Simplifications: no dentries (the file holds the reference that its dentry would hold), no LSM, no times,
 * nothing is written back; an inode is evicted with its last reference.
 */
#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/fs_context.h>
#include <linux/mount.h>
#include <linux/pseudo_fs.h>
#include <linux/slab.h>

#include "model/linux/kernel/fs.h"
#include "model/linux/kernel/fs_compat.h"

static const struct address_space_operations no_aops;
static const struct inode_operations no_iops;
static struct lock_class_key invalidate_lock_key, mmap_rwsem_key;
static unsigned int nr_inodes;

/* For inodes of a super block without operations of its own. */
static const struct super_operations anon_super_ops;
static struct super_block anon_super = {.s_op = &anon_super_ops};
static struct inode *anon_inode;

static void mapping_init(struct address_space *mapping, struct inode *host)
{
	xa_init_flags(&mapping->i_pages, XA_FLAGS_LOCK_IRQ | XA_FLAGS_ACCOUNT);
	__init_rwsem(&mapping->invalidate_lock, "mapping.invalidate_lock", &invalidate_lock_key);
	__init_rwsem(&mapping->i_mmap_rwsem, "&mapping->i_mmap_rwsem", &mmap_rwsem_key);
	mapping->a_ops = &no_aops;
	mapping->host = host;
	mapping->flags = 0;
	mapping->nrpages = 0;
	fs_mapping_init_list(mapping);
	mapping->i_mmap = RB_ROOT_CACHED;
	mapping_set_gfp_mask(mapping, GFP_HIGHUSER_MOVABLE);
}

/* Once for every object of an inode cache, also when it is handed out again: only what no user changes. */
void inode_init_once(struct inode *inode)
{
	memset(inode, 0, sizeof(*inode));
	INIT_LIST_HEAD(&inode->i_lru);
	INIT_LIST_HEAD(&inode->i_sb_list);
}

void fs_inode_init(struct inode *inode, struct super_block *sb)
{
	inode->i_sb = sb;
	inode->i_op = &no_iops;
	inode->i_mapping = &inode->i_data;
	inode->i_mode = 0600;
	inode->i_flags = 0;
	inode->i_size = 0;
	atomic_set(&inode->i_count, 1);
	spin_lock_init(&inode->i_lock);
	mapping_init(&inode->i_data, inode);
	nr_inodes++;
}

static struct inode *inode_alloc(struct super_block *sb)
{
	struct inode *inode;

	if (sb->s_op->alloc_inode) {
		inode = sb->s_op->alloc_inode(sb);
	} else {
		inode = kmalloc(sizeof(*inode), GFP_KERNEL);
		if (inode)
			inode_init_once(inode);
	}
	if (inode)
		fs_inode_init(inode, sb);
	return inode;
}

static void inode_free_rcu(struct rcu_head *head)
{
	struct inode *inode = container_of(head, struct inode, i_rcu);

	if (inode->i_sb->s_op->free_inode)
		inode->i_sb->s_op->free_inode(inode);
	else
		kfree(inode);
}

static void inode_evict(struct inode *inode)
{
	const struct super_operations *op = inode->i_sb->s_op;

	truncate_inode_pages_range(&inode->i_data, 0, -1);
	if (inode->i_data.nrpages)
		lnx_internal("an inode goes away with %lu pages in its cache", inode->i_data.nrpages);
	nr_inodes--;
	if (op->destroy_inode) {
		op->destroy_inode(inode);
		if (!op->free_inode)
			return;
	}
	call_rcu(&inode->i_rcu, inode_free_rcu);
}

void ihold(struct inode *inode)
{
	if (atomic_inc_return(&inode->i_count) < 2)
		lnx_internal("ihold of an inode without references");
}

void iput(struct inode *inode)
{
	if (!inode)
		return;
	lnx_point(LNX_RMW, &inode->i_count, "iput", _RET_IP_);
	if (atomic_read(&inode->i_count) < 1)
		lnx_internal("iput of an inode without references");
	if (atomic_dec_and_test(&inode->i_count))
		inode_evict(inode);
}

struct inode *fs_anon_inode(void)
{
	if (!anon_inode)
		anon_inode = inode_alloc(&anon_super);
	if (!anon_inode)
		lnx_internal("no memory for the anonymous inode");
	return anon_inode;
}

/* How many were made and are not evicted, without the shared one. */
unsigned int fs_nr_inodes(void)
{
	return nr_inodes - !!anon_inode;
}

struct inode *anon_inode_make_secure_inode(struct super_block *sb, const char *name,
					   const struct inode *context_inode)
{
	struct inode *inode = inode_alloc(sb);

	return inode ? inode : ERR_PTR(-ENOMEM);
}

struct file *alloc_file_pseudo(struct inode *inode, struct vfsmount *mnt, const char *name, int flags,
			       const struct file_operations *fops)
{
	struct file *file = fs_file_create(inode, fops, NULL);

	file->f_flags = flags;
	return file;
}

/* A file with an inode of its own; until 6.15 guest_memfd is made of it. */
struct file *anon_inode_create_getfile(const char *name, const struct file_operations *fops, void *priv,
				       int flags, const struct inode *context_inode)
{
	struct inode *inode = inode_alloc(&anon_super);

	if (!inode)
		return ERR_PTR(-ENOMEM);
	if (!fops_get(fops)) {
		iput(inode);
		return ERR_PTR(-ENOENT);
	}
	return fs_file_create(inode, fops, priv);
}

struct pseudo_fs_context *init_pseudo(struct fs_context *fc, unsigned long magic)
{
	struct pseudo_fs_context *ctx = kzalloc(sizeof(*ctx), GFP_KERNEL);

	if (!ctx)
		return NULL;
	ctx->magic = magic;
	fc->fs_private = ctx;
	return ctx;
}

struct vfsmount *kern_mount(struct file_system_type *type)
{
	struct fs_context fc = {.fs_type = type};
	struct pseudo_fs_context *ctx;
	struct super_block *sb;
	struct vfsmount *mnt;
	int r;

	r = type->init_fs_context(&fc);
	if (r)
		return ERR_PTR(r);
	ctx = fc.fs_private;
	sb = kzalloc(sizeof(*sb), GFP_KERNEL);
	mnt = kzalloc(sizeof(*mnt), GFP_KERNEL);
	if (!sb || !mnt)
		lnx_internal("no memory to mount %s", type->name);
	sb->s_type = type;
	sb->s_magic = ctx->magic;
	sb->s_op = ctx->ops ? ctx->ops : &anon_super_ops;
	mnt->mnt_sb = sb;
	kfree(ctx);
	return mnt;
}

void kern_unmount(struct vfsmount *mnt)
{
	if (IS_ERR_OR_NULL(mnt))
		return;
	synchronize_rcu();
	kfree(mnt->mnt_sb);
	kfree(mnt);
}
