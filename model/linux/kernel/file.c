// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files and the descriptor table of the one process that the VMM is.
 *
 * The rules that KVM relies on:
 *  - a struct file is type-stable: whoever loads a stale pointer to one finds a struct file, perhaps somebody
 * else's, and get_file_active() tells by looking at the pointer once more;
 *  - a reference count that has reached zero never rises again, and get_file_active() fails from then on,
 * although the release has not run yet;
 *  - fput() of the last reference does not release: that happens on the way back to user space (or in close()
 * itself), so that fput() may be called with locks held.
 *
 * Simplifications: one table of fixed size, one process; a dying file is handed out again at once, which is
 * the earliest that type-stable memory allows.
 */
#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/kernel.h>
#include <linux/miscdevice.h>
#include <linux/module.h>

#include "model/linux/kernel/fs.h"
#include "model/linux/kernel/fs_compat.h"

#define FS_MAX_FDS 64
#define FS_MAX_FILES 64
#define FS_MAX_MISC 4
#define FS_FIRST_FD 3

/**
 * struct fs_file - an open file
 * @f: what the tree sees
 * @live: between creation and the end of its release
 * @next: after the last fput(): the next one whose release is due on the same thread
 */
struct fs_file {
	struct file f;
	bool live;
	struct fs_file *next;
};

static struct fs_file files[FS_MAX_FILES];

/* Descriptor table. @reserved: get_unused_fd_flags() gave it out, fd_install() has not come yet. */
static struct {
	struct file *file;
	bool reserved;
} fds[FS_MAX_FDS];

/* What each thread has to release when it goes back to user space, latest first as task_work does. */
static struct fs_file *to_release[LNX_MAX_THREADS];
static struct miscdevice *devices[FS_MAX_MISC];

struct file *fs_file_create(struct inode *inode, const struct file_operations *fops, void *private)
{
	unsigned int i;

	for (i = 0; i < FS_MAX_FILES && files[i].live; i++)
		;
	if (i == FS_MAX_FILES)
		lnx_internal("more than %d open files", FS_MAX_FILES);
	memset(&files[i], 0, sizeof(files[i]));
	files[i].live = true;
	files[i].f.f_op = fops;
	files[i].f.private_data = private;
	files[i].f.f_inode = inode;
	files[i].f.f_mapping = inode->i_mapping;
	files[i].f.f_mode = FMODE_READ | FMODE_WRITE;
	fs_count_init(&files[i].f);
	return &files[i].f;
}

static struct fs_file *file_record(struct file *file)
{
	struct fs_file *f = container_of(file, struct fs_file, f);

	if (f < files || f >= files + FS_MAX_FILES || !f->live)
		lnx_internal("not a live struct file: %px", file);
	return f;
}

static void release(struct fs_file *f)
{
	const struct file_operations *fops = f->f.f_op;
	struct inode *inode = f->f.f_inode;

	if (fops->release)
		fops->release(inode, &f->f);
	fops_put(fops);
	f->live = false;
	iput(inode);
}

void fs_return_to_user(void)
{
	struct fs_file **list = &to_release[lnx_thread()];

	while (*list) {
		struct fs_file *f = *list;

		*list = f->next;
		release(f);
	}
}

void fput(struct file *file)
{
	struct fs_file *f;

	lnx_point(LNX_RMW, file, "fput", _RET_IP_);
	f = file_record(file);
	if (!fs_count_put(file))
		return;
	f->next = to_release[lnx_thread()];
	to_release[lnx_thread()] = f;
}

/*
 * The pointer is not part of the count: it may be cleared, and the file die, at any point here. A file that
 * is found dead and one that is no longer what @f points to are both "no file".
 */
struct file *get_file_active(struct file **f)
{
	struct file *file;

	lnx_point(LNX_READ, f, "get_file_active", _RET_IP_);
	file = READ_ONCE(*f);
	if (!file)
		return NULL;
	lnx_point(LNX_RMW, file, "get_file_active", _RET_IP_);
	if (!fs_count_get(file))
		return NULL;
	lnx_point(LNX_READ, f, "get_file_active", _RET_IP_);
	if (READ_ONCE(*f) == file)
		return file;
	fput(file);
	return NULL;
}

struct file *fs_file(unsigned int fd)
{
	return fd < FS_MAX_FDS ? fds[fd].file : NULL;
}

struct file *fget(unsigned int fd)
{
	struct file *file;

	lnx_point(LNX_RMW, &fds[fd % FS_MAX_FDS], "fget", _RET_IP_);
	file = fs_file(fd);
	return file && fs_count_get(file) ? file : NULL;
}

int get_unused_fd_flags(unsigned int flags)
{
	int fd;

	lnx_point(LNX_RMW, fds, "get_unused_fd_flags", _RET_IP_);
	for (fd = FS_FIRST_FD; fd < FS_MAX_FDS; fd++) {
		if (fds[fd].reserved)
			continue;
		fds[fd].reserved = true;
		return fd;
	}
	return -EMFILE;
}

void put_unused_fd(unsigned int fd)
{
	if (fd >= FS_MAX_FDS || !fds[fd].reserved || fds[fd].file)
		lnx_internal("put_unused_fd: descriptor %u is in use or was never reserved", fd);
	fds[fd].reserved = false;
}

void fd_install(unsigned int fd, struct file *file)
{
	if (fd >= FS_MAX_FDS || !fds[fd].reserved || fds[fd].file)
		lnx_internal("fd_install: descriptor %u is in use or was never reserved", fd);
	lnx_point(LNX_WRITE, &fds[fd], "fd_install", _RET_IP_);
	fds[fd].file = file;
}

int fs_close(unsigned int fd)
{
	struct file *file;

	lnx_point(LNX_RMW, &fds[fd % FS_MAX_FDS], "close", _RET_IP_);
	file = fs_file(fd);
	if (!file)
		return -EBADF;
	fds[fd].file = NULL;
	fds[fd].reserved = false;
	fput(file);
	fs_return_to_user();
	return 0;
}

struct file *anon_inode_getfile(const char *name, const struct file_operations *fops, void *priv, int flags)
{
	struct inode *inode = fs_anon_inode();

	if (!fops_get(fops))
		return ERR_PTR(-ENOENT);
	ihold(inode);
	return fs_file_create(inode, fops, priv);
}

int anon_inode_getfd(const char *name, const struct file_operations *fops, void *priv, int flags)
{
	int fd = get_unused_fd_flags(flags);
	struct file *file;

	if (fd < 0)
		return fd;
	file = anon_inode_getfile(name, fops, priv, flags);
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		return PTR_ERR(file);
	}
	fd_install(fd, file);
	return fd;
}

int misc_register(struct miscdevice *misc)
{
	unsigned int i;

	for (i = 0; i < FS_MAX_MISC; i++) {
		if (devices[i])
			continue;
		devices[i] = misc;
		return 0;
	}
	lnx_internal("more than %d character devices", FS_MAX_MISC);
}

void misc_deregister(struct miscdevice *misc)
{
	unsigned int i;

	for (i = 0; i < FS_MAX_MISC; i++) {
		if (devices[i] == misc)
			devices[i] = NULL;
	}
}

int fs_open_misc(const char *name)
{
	unsigned int i;

	for (i = 0; i < FS_MAX_MISC; i++) {
		if (devices[i] && !strcmp(devices[i]->name, name))
			return anon_inode_getfd(name, devices[i]->fops, NULL, 0);
	}
	return -ENOENT;
}

/* Every file may be opened: there is no O_LARGEFILE limit on 64-bit. */
int generic_file_open(struct inode *inode, struct file *file)
{
	return 0;
}

/* Times and privileges of an inode are nobody's business here; it also cannot fail for an inode that has
 * neither. */
int file_modified(struct file *file)
{
	return 0;
}

unsigned int fs_nr_open(void)
{
	unsigned int i, n = 0;

	for (i = 0; i < FS_MAX_FDS; i++)
		n += !!fds[i].file;
	return n;
}

unsigned int fs_nr_files(void)
{
	unsigned int i, n = 0;

	for (i = 0; i < FS_MAX_FILES; i++)
		n += files[i].live;
	return n;
}
