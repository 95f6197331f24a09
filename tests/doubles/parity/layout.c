/*
 * The data folder as each generation lays it out.
 *
 * 1.3:   BASE/<genesis>/v5.3-sec-<journal>/{db/,db_version}  BASE/network/        BASE/keys/
 * 1.4:   the same, with                 BASE/<genesis>/{network/,user_defaults}   BASE/keys/
 * >=1.5: BASE/chains/<chain>/db/<genesis>/<journal>/{db/,db_version}
 *        BASE/chains/<chain>/{network/,user_defaults}  BASE/keys/<chain>/
 */
#include "parity.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define SST_BYTES (4L * 1024 * 1024)

static void path(char *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void path(char *out, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(out, PATH_MAX, fmt, ap) >= PATH_MAX)
		fail(1, "path too long");
	va_end(ap);
}

static bool exists(const char *p)
{
	struct stat st;

	return lstat(p, &st) == 0;
}

/* The real node shows the bare I/O error. */
static void io_fail(const char *what)
{
	fail(1, "%s: %s (os error %d)", what,
		errno == EACCES ? "Permission denied" : strerror(errno), errno);
}

static void make_dirs(const char *dir)
{
	char part[PATH_MAX];

	for (const char *slash = dir + 1;; slash++) {
		if (*slash != '/' && *slash != '\0')
			continue;
		snprintf(part, sizeof(part), "%.*s", (int)(slash - dir), dir);
		if (mkdir(part, 0755) < 0 && errno != EEXIST)
			io_fail(dir);
		if (!*slash)
			break;
	}
	if (access(dir, W_OK | X_OK) < 0)
		io_fail(dir);
}

static void write_file(const char *file, const char *text, mode_t mode)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		io_fail(file);
	close(fd);
}

static bool read_file(const char *file, char *out, size_t size)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return false;
	n = read(fd, out, size - 1);
	close(fd);
	out[n > 0 ? n : 0] = '\0';
	return n >= 0;
}

/* As the real upgrade: only into a place that is still free; a failure is not an error. */
static void move(const struct generation *gen, const char *from, const char *to)
{
	char parent[PATH_MAX];

	if (!exists(from) || exists(to))
		return;
	path(parent, "%s", to);
	*strrchr(parent, '/') = '\0';
	make_dirs(parent);
	if (rename(from, to) == 0)
		say(gen, "Moved %s to %s", from, to);
}

static void move_keys(const struct generation *gen, const char *from, const char *to)
{
	char source[PATH_MAX], target[PATH_MAX];
	struct dirent *entry;
	struct stat st;
	int moved = 0;
	DIR *d = opendir(from);

	if (!d)
		return;
	make_dirs(to);
	while ((entry = readdir(d))) {
		path(source, "%s/%s", from, entry->d_name);
		path(target, "%s/%s", to, entry->d_name);
		if (stat(source, &st) == 0 && S_ISREG(st.st_mode) && !exists(target) &&
			rename(source, target) == 0)
			moved++;
	}
	closedir(d);
	if (moved)
		say(gen, "Moved %d keys from %s to %s", moved, from, to);
}

static const char *journal(const char *pruning)
{
	static const char *const names[][2] = {{"archive", "archive"}, {"fast", "overlayrecent"},
		{"light", "earlymerge"}, {"basic", "refcounted"}};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (strcmp(pruning, names[i][0]) == 0)
			return names[i][1];
	}
	return NULL;
}

/* Where a generation keeps its things when no --base-path is given. */
static void default_base(const struct generation *gen, char *out)
{
	const char *home = getenv("HOME");
	char legacy[PATH_MAX];

	if (!home || !*home || strcmp(home, "/") == 0)
		home = getuid() == 0 ? "/root" : "";
	path(legacy, "%s/.parity", home);
	if (gen->number < 105) {
		path(out, "%s", legacy);
		return;
	}
	path(out, "%s/.local/share/io.parity.ethereum", home);
	if (gen->number >= 300 && !exists(out))
		path(out, "%s/.local/share/openethereum", home);
	else
		move(gen, legacy, out);
}

static void chain_paths(const struct generation *gen, const struct chain *chain, struct layout *l)
{
	if (gen->number < 105) {
		path(l->chain_dir, "%s/%s", l->base, chain->genesis);
		if (gen->number < 104)
			path(l->network, "%s/network", l->base);
		else
			path(l->network, "%s/network", l->chain_dir);
		path(l->keys, "%s/keys", l->base);
	} else {
		path(l->chain_dir, "%s/chains/%s", l->base, chain->data_dir);
		path(l->network, "%s/network", l->chain_dir);
		path(l->keys, "%s/keys/%s", l->base, chain->data_dir);
	}
}

static void db_paths(const struct generation *gen, const struct chain *chain, const char *pruning,
	struct layout *l)
{
	if (gen->number < 105)
		path(l->version_dir, "%s/v5.3-sec-%s", l->chain_dir, journal(pruning));
	else
		path(l->version_dir, "%s/db/%s/%s", l->chain_dir, chain->genesis, journal(pruning));
	path(l->db, "%s/db", l->version_dir);
}

/* `auto` is what user_defaults says, else what lies there, else fast. */
static void choose_pruning(const struct generation *gen, const struct chain *chain,
	const struct options *o, struct layout *l)
{
	static const char *const order[] = {"fast", "archive", "light", "basic"};
	char file[PATH_MAX], text[512], *at;

	snprintf(l->pruning, sizeof(l->pruning), "%s", o->pruning);
	if (strcmp(o->pruning, "auto") != 0)
		return;
	path(file, "%s/user_defaults", l->chain_dir);
	if (read_file(file, text, sizeof(text)) && (at = strstr(text, "\"pruning\":\"")) &&
		sscanf(at + 11, "%15[a-z]", l->pruning) == 1 && journal(l->pruning))
		return;
	for (size_t i = 0; i < ARRAY_LEN(order); i++) {
		snprintf(l->pruning, sizeof(l->pruning), "%s", order[i]);
		db_paths(gen, chain, l->pruning, l);
		if (exists(l->version_dir))
			return;
	}
	snprintf(l->pruning, sizeof(l->pruning), "fast");
}

/* What 1.5 and later do with the folders of 1.4 and older. */
static void upgrade_paths(const struct generation *gen, const struct chain *chain,
	const struct options *o, struct layout *l)
{
	char from[PATH_MAX], to[PATH_MAX];

	if (gen->number < 105)
		return;
	/* The defaults come first, they tell which database is meant. */
	path(from, "%s/%s/user_defaults", l->base, chain->genesis);
	path(to, "%s/user_defaults", l->chain_dir);
	move(gen, from, to);
	choose_pruning(gen, chain, o, l);
	if (strcmp(o->pruning, "auto") == 0 && !exists(to)) {
		path(from, "%s/%s/v5.3-sec-archive", l->base, chain->genesis);
		if (exists(from))
			snprintf(l->pruning, sizeof(l->pruning), "archive");
	}
	db_paths(gen, chain, l->pruning, l);
	path(from, "%s/%s/v5.3-sec-%s", l->base, chain->genesis, journal(l->pruning));
	move(gen, from, l->version_dir);
	path(from, "%s/%s/snapshot", l->base, chain->genesis);
	path(to, "%s/db/%s/snapshot", l->chain_dir, chain->genesis);
	move(gen, from, to);
	path(from, "%s/%s/network", l->base, chain->genesis);
	move(gen, from, l->network);
	path(from, "%s/keys", l->base);
	move_keys(gen, from, l->keys);
}

static void find_paths(const struct generation *gen, const struct chain *chain,
	const struct options *o, struct layout *l)
{
	memset(l, 0, sizeof(*l));
	l->lock_fd = -1;
	if (o->base_path)
		path(l->base, "%s", o->base_path);
	else
		default_base(gen, l->base);
	chain_paths(gen, chain, l);
	if (strcmp(o->pruning, "auto") != 0 && !journal(o->pruning))
		fail(1, "Invalid pruning method given: %s", o->pruning);
}

static void migrate(const struct generation *gen, struct settings *s, struct layout *l, int from)
{
	char temp[PATH_MAX];
	int64_t until = now_ms() + s->migrate_ms;

	say(gen, "Migrating database from version %d to %d", from, gen->db_version);
	path(temp, "%s/temp_migration", l->version_dir);
	make_dirs(temp);
	while (now_ms() < until) {
		if (stopping())
			exit(1); /* half done: db_version still is the old one */
		usleep(20000);
	}
	rmdir(temp);
	say(gen, "Migration finished");
}

static void check_version(const struct generation *gen, struct settings *s, struct layout *l)
{
	char file[PATH_MAX], blooms[PATH_MAX], text[32];
	int found = 0;

	path(file, "%s/db_version", l->version_dir);
	if (read_file(file, text, sizeof(text))) {
		found = atoi(text);
		if (found <= 0)
			fail(1, "Current database version cannot be read");
		if (found > gen->db_version)
			fail(1, "Database was created with newer client version. "
				"Upgrade your client or delete DB and resync.");
		if (gen->number >= 301 && found < 16)
			fail(1,
				"Database migration to version 16 is not possible. "
				"The database has version %d: use the 3.1-db-upgrade-tool.",
				found);
		if (found < gen->db_version)
			migrate(gen, s, l, found);
	}
	l->fresh = !found;
	make_dirs(l->db);
	if (gen->db_version >= 13) {
		path(blooms, "%s/blooms", l->version_dir);
		make_dirs(blooms);
	}
	if (found != gen->db_version) {
		snprintf(text, sizeof(text), "%d", gen->db_version);
		write_file(file, text, 0644);
	}
}

static void take_lock(struct layout *l)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	char file[PATH_MAX];

	path(file, "%s/LOCK", l->db);
	l->lock_fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (l->lock_fd < 0)
		io_fail(file);
	if (fcntl(l->lock_fd, F_SETLK, &lock) < 0)
		fail(1,
			"Failed to open database Custom { kind: Other, error: StringError(\"IO "
			"error: "
			"While lock file: %s: Resource temporarily unavailable\") }",
			file);
}

static void identity(const struct generation *gen, struct layout *l)
{
	char file[PATH_MAX], key[65];
	unsigned char bytes[32];
	uint64_t hash = 88172645463325252ull;

	make_dirs(l->network);
	path(file, "%s/key", l->network);
	if (!read_file(file, key, sizeof(key)) || strlen(key) != 64) {
		if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
			io_fail("getrandom");
		for (size_t i = 0; i < sizeof(bytes); i++)
			snprintf(key + 2 * i, 3, "%02x", bytes[i]);
		write_file(file, key, 0600);
	}
	/* No curve here: a public half that depends on the key is enough. */
	for (size_t i = 0; i < 64; i++)
		hash = (hash ^ (unsigned char)key[i]) * 1099511628211ull;
	for (int i = 0; i < 8; i++) {
		hash ^= hash << 13;
		hash ^= hash >> 7;
		hash ^= hash << 17;
		snprintf(l->enode + 16 * i, 17, "%016llx", (unsigned long long)hash);
	}
	path(file, "%s/nodes.json", l->network);
	if (!exists(file))
		write_file(file, "{\"nodes\":[]}", 0644);
	path(file, "%s/%sver.lock", l->base, gen->number < 105 ? "" : "chains/");
	write_file(file, gen->version, 0644);
}

static void defaults(const struct generation *gen, const struct layout *l)
{
	char file[PATH_MAX], text[256];

	if (gen->number < 104)
		return;
	path(file, "%s/user_defaults", l->chain_dir);
	snprintf(text, sizeof(text),
		"{\"is_first_launch\":false,\"pruning\":\"%s\","
		"\"tracing\":false,\"fat_db\":false,\"mode\":\"active\"}",
		l->pruning);
	write_file(file, text, 0644);
}

void layout_open(const struct generation *gen, const struct chain *chain, const struct options *o,
	struct settings *s, struct layout *l)
{
	char file[PATH_MAX];

	find_paths(gen, chain, o, l);
	settings_init(l->base);
	settings_poll(s);
	make_dirs(l->base);
	make_dirs(l->chain_dir);
	upgrade_paths(gen, chain, o, l);
	choose_pruning(gen, chain, o, l);
	db_paths(gen, chain, l->pruning, l);
	make_dirs(l->version_dir);
	make_dirs(l->keys);
	identity(gen, l);
	if (exists(l->db))
		take_lock(l);
	check_version(gen, s, l);
	if (l->lock_fd < 0)
		take_lock(l);
	path(file, "%s/CURRENT", l->db);
	write_file(file, "MANIFEST-000001\n", 0644);
	path(file, "%s/LOG", l->db);
	write_file(file, "RocksDB version: 5.8.8\n", 0644);
	defaults(gen, l);
	say(gen, "Keys path %s", l->keys);
	say(gen, "DB path %s", l->version_dir);
	say(gen, "State DB configuration: %s", l->pruning);
}

static int remove_one(const char *p, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(p);
}

void layout_kill_db(
	const struct generation *gen, const struct chain *chain, const struct options *o)
{
	struct layout l;

	find_paths(gen, chain, o, &l);
	choose_pruning(gen, chain, o, &l);
	db_paths(gen, chain, l.pruning, &l);
	if (exists(l.db))
		take_lock(&l);
	if (exists(l.version_dir) && nftw(l.version_dir, remove_one, 16, FTW_DEPTH | FTW_PHYS))
		io_fail(l.version_dir);
	say(gen, "Database deleted.");
}

bool layout_load_head(const struct layout *l, long *ret_head)
{
	char file[PATH_MAX], text[128];

	path(file, "%s/MANIFEST-000001", l->db);
	return read_file(file, text, sizeof(text)) && sscanf(text, "head %ld", ret_head) == 1;
}

/* A fixed-size record in one write: a kill leaves the old or the new one. */
void layout_save_head(const struct layout *l, long head)
{
	char file[PATH_MAX], text[128];
	int fd, len = snprintf(text, sizeof(text), "head %010ld\n", head);

	path(file, "%s/MANIFEST-000001", l->db);
	fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0)
		return; /* the folder was taken away under us: a test's business */
	if (pwrite(fd, text, (size_t)len, 0) != len)
		fail(1, "IO error: %s: %s", file, strerror(errno));
	close(fd);
}

static int first_free(const struct layout *l)
{
	char file[PATH_MAX];
	int number = 0;

	do
		path(file, "%s/%06d.sst", l->db, number++ + 4);
	while (exists(file));
	return number - 1;
}

void layout_grow(const struct layout *l, long bytes)
{
	static char block[65536];
	static int number = -1;
	char file[PATH_MAX];
	struct stat st;
	int fd;

	/* as RocksDB: a table file of an earlier run is never written again */
	if (number < 0)
		number = first_free(l);

	while (bytes > 0) {
		path(file, "%s/%06d.sst", l->db, number + 4);
		fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
		if (fd < 0)
			return;
		if (fstat(fd, &st) == 0 && st.st_size >= SST_BYTES) {
			number++;
		} else {
			size_t n = bytes < (long)sizeof(block) ? (size_t)bytes : sizeof(block);

			if (write(fd, block, n) < 0)
				fail(1, "Database error: IO error: %s: %s", file, strerror(errno));
			bytes -= (long)n;
		}
		close(fd);
	}
}

void layout_close(struct layout *l)
{
	if (l->lock_fd >= 0)
		close(l->lock_fd);
	l->lock_fd = -1;
}
