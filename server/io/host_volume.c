/* The file system under a path. */
#include "io/host_priv.h"

#include "base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

bool host_fs_is_network(const char *fs)
{
	static const char *const names[] = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "afs",
		"9p", "ceph", "glusterfs", "lustre", "davfs", "fuse.sshfs", "fuse.glusterfs",
		"fuse.ceph", "fuse.rclone", "fuse.s3fs", "fuse.davfs", "fuse.davfs2",
		"fuse.smbnetfs", "fuse.curlftpfs"};

	for (size_t i = 0; i < COUNT(names); i++)
		if (!strcmp(fs, names[i]))
			return true;
	return false;
}

/* The kernel writes blanks and backslashes of a path as \040 and the like. */
static void unescape(const char *s, size_t len, char *ret, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < len && n + 1 < size; i++) {
		if (s[i] == '\\' && i + 3 < len && s[i + 1] >= '0' && s[i + 1] <= '3' &&
			s[i + 2] >= '0' && s[i + 2] <= '7' && s[i + 3] >= '0' && s[i + 3] <= '7') {
			ret[n++] = (char)((s[i + 1] - '0') * 64 + (s[i + 2] - '0') * 8 +
					  (s[i + 3] - '0'));
			i += 3;
		} else {
			ret[n++] = s[i];
		}
	}
	ret[n] = '\0';
}

static bool carries(const char *mount, const char *path)
{
	size_t len = strlen(mount);

	if (len == 1)
		return true; /* "/" */
	return !strncmp(mount, path, len) && (path[len] == '/' || !path[len]);
}

/* Field 5 is the mount point, the one after " - " the type. */
static bool mount_line(const char *line, size_t len, const char *path, struct volume *v)
{
	const char *p = line, *end = line + len, *dash;
	char mount[PATH_MAX];
	size_t n;

	for (int field = 1; field < 5; field++) {
		p = memchr(p, ' ', (size_t)(end - p));
		if (!p)
			return false;
		p++;
	}
	n = strcspn(p, " \n");
	dash = memmem(p, (size_t)(end - p), " - ", 3);
	if (!n || !dash)
		return false;
	unescape(p, n, mount, sizeof(mount));
	if (!carries(mount, path) || strlen(mount) < strlen(v->mount))
		return false;
	snprintf(v->mount, sizeof(v->mount), "%s", mount);
	snprintf(v->fs, sizeof(v->fs), "%.*s", (int)strcspn(dash + 3, " \n"), dash + 3);
	v->network = host_fs_is_network(v->fs);
	return true;
}

bool host_find_mount(const char *mountinfo, const char *path, struct volume *ret)
{
	struct volume v = *ret;
	bool found = false;

	v.mount[0] = '\0';
	for (const char *p = mountinfo; *p;) {
		size_t len = strcspn(p, "\n");

		found |= mount_line(p, len, path, &v);
		p += len + (p[len] == '\n');
	}
	if (found)
		*ret = v;
	return found;
}

static int read_mountinfo(struct buf *b, struct err *e)
{
	autofile FILE *f = fopen("/proc/self/mountinfo", "re");
	char chunk[4096];
	size_t n;

	if (!f)
		return err_errno(e, "host.unreadable", "/proc/self/mountinfo");
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_add(b, chunk, n);
	return 0;
}

/* The nearest parent that exists, without symlinks. NULL when even "/" cannot be read. */
static char *existing(const char *path)
{
	autofree char *p = xstrdup(path);

	for (;;) {
		char *real = realpath(p, NULL), *slash;

		if (real || (errno != ENOENT && errno != ENOTDIR))
			return real;
		slash = strrchr(p, '/');
		if (!slash || !p[1])
			return NULL;
		slash[slash == p] = '\0';
	}
}

static int space(const char *path, const char *real, struct volume *v, struct err *e)
{
	struct statvfs st;

	if (path[0] != '/')
		return err_set(e, ERR_INPUT, "host.unreadable", "%s is not a full path.", path);
	if (!real || statvfs(real, &st) < 0)
		return err_errno(e, "host.unreadable", "%s", path);
	v->total = (int64_t)st.f_blocks * (int64_t)st.f_frsize;
	v->free = (int64_t)st.f_bavail * (int64_t)st.f_frsize;
	v->read_only = st.f_flag & ST_RDONLY;
	return 0;
}

int host_space(const char *path, struct volume *v, struct err *e)
{
	autofree char *real = existing(path);

	return space(path, real, v, e);
}

int host_volume(const char *path, struct volume *ret, struct err *e)
{
	autofree char *real = existing(path);
	autobuf struct buf b = {0};
	struct volume v = {0};

	if (space(path, real, &v, e) || read_mountinfo(&b, e))
		return -1;
	if (!b.len || !host_find_mount(b.data, real, &v))
		return err_set(
			e, ERR_INTERNAL, "host.unreadable", "%s lies on no known mount.", real);
	*ret = v;
	return 0;
}
