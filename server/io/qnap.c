/* Files of QTS, and its log. Signing in: qnap_login.c */
#include "io/qnap_priv.h"

#include "base/clock.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define FILE_CAP (1024 * 1024)
#define LOG_TOOL "/sbin/log_tool"
#define LOG_PREFIX "[Ethereum Station] "
#define LOG_TEXT 400 /* bytes of a line, cut on a character */
#define LOG_PATIENCE_MS 10000

char *qnap_path(const char *root, const char *path)
{
	return xasprintf("%s%s", strcmp(root, "/") ? root : "", path);
}

/* ---- files ---- */

void qnap_read(const char *root, const char *path, struct buf *ret)
{
	autofree char *name = qnap_path(root, path);
	autoclose int fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char bytes[4096];
	ssize_t n = 0;

	ret->cap = FILE_CAP;
	buf_puts(ret, "");
	while (fd >= 0 && (n = read(fd, bytes, sizeof(bytes))) > 0)
		buf_add(ret, bytes, (size_t)n);
	if (n < 0 || ret->overflow)
		buf_reset(ret);
	buf_puts(ret, "");
}

/* The part of a line without the blanks around it. */
static size_t trim(const char **text, size_t len)
{
	while (len && isspace((unsigned char)(*text)[0])) {
		(*text)++;
		len--;
	}
	while (len && isspace((unsigned char)(*text)[len - 1]))
		len--;
	return len;
}

static bool same(const char *text, size_t len, const char *word)
{
	return len == strlen(word) && !strncasecmp(text, word, len);
}

/* Calls found() for each line of the section; true as soon as one of them says so. */
static bool each_line(const char *text, const char *section,
	bool (*found)(const char *line, size_t len, void *ctx), void *ctx)
{
	bool inside = false;

	for (const char *line = text; *line;) {
		size_t all = strcspn(line, "\n"), len;
		const char *start = line;

		len = trim(&start, all);
		if (len >= 2 && start[0] == '[' && start[len - 1] == ']') {
			inside = same(start + 1, len - 2, section);
			if (inside && found(NULL, 0, ctx))
				return true;
		} else if (inside && len && found(start, len, ctx)) {
			return true;
		}
		line += all + (line[all] == '\n');
	}
	return false;
}

struct wish {
	const char *key;
	char *ret;
	size_t size;
	bool fits;
};

static bool take_key(const char *line, size_t len, void *ctx)
{
	struct wish *w = ctx;
	const char *eq = line ? memchr(line, '=', len) : NULL, *key = line, *value;
	size_t n;

	if (!eq || !same(key, trim(&key, (size_t)(eq - line)), w->key))
		return false;
	value = eq + 1;
	n = trim(&value, len - (size_t)(value - line));
	w->fits = n < w->size;
	if (w->fits) {
		memcpy(w->ret, value, n);
		w->ret[n] = '\0';
	}
	return true;
}

bool ini_get(const char *text, const char *section, const char *key, char *ret, size_t size)
{
	struct wish w = {key, ret, size, false};

	return each_line(text, section, take_key, &w) && w.fits;
}

static bool is_section(const char *line, size_t len, void *ctx)
{
	(void)len;
	(void)ctx;
	return !line;
}

bool ini_has_section(const char *text, const char *section)
{
	return each_line(text, section, is_section, NULL);
}

bool qnap_here(const char *root)
{
	autofree char *path = qnap_path(root, "/etc/config/uLinux.conf");

	return access(path, F_OK) == 0;
}

void qnap_container_station(const char *root, struct qnap_app *ret)
{
	static const char name[] = "container-station";
	autobuf struct buf apps = {0}, runs = {0};
	char value[8] = "";

	qnap_read(root, "/etc/config/qpkg.conf", &apps);
	qnap_read(root, "/etc/qpkg_run_status", &runs);
	*ret = (struct qnap_app){
		.installed = ini_has_section(apps.data, name), .run = QNAP_RUN_UNKNOWN};
	if (ini_get(apps.data, name, "Enable", value, sizeof(value)))
		ret->enabled = !strcasecmp(value, "TRUE");
	if (ini_get(runs.data, name, "status", value, sizeof(value)) && value[0] >= '0' &&
		value[0] <= '2' && !value[1])
		ret->run = (enum qnap_run)(value[0] - '0');
}

void qnap_explain_engine(const char *root, struct err *why)
{
	autofree char *other = qnap_path(root, "/var/run/system-docker.sock");
	struct qnap_app cs;
	const char *code = NULL, *text = NULL;

	if (!err_is(why, "engine.absent") || !qnap_here(root))
		return;
	qnap_container_station(root, &cs);
	if (!cs.installed)
		code = "engine.station_missing", text = "is not installed";
	else if (!cs.enabled)
		code = "engine.station_off", text = "is switched off";
	else if (cs.run == QNAP_STARTING)
		code = "engine.station_starting", text = "is starting";
	else if (cs.run == QNAP_DOWN)
		code = "engine.station_stopped", text = "is stopped";
	if (code)
		err_set(why, ERR_UNAVAILABLE, code, "Container Station %s.%s", text,
			access(other, F_OK)
				? ""
				: " The engine that does run, system-docker, is QTS's own.");
}

/* ---- the system log ---- */

bool qnap_can_log(const char *root)
{
	autofree char *path = qnap_path(root, LOG_TOOL);

	return access(path, X_OK) == 0;
}

/* Cut where a character ends; no control characters, so that one call is one line. */
static char *line_of(const char *text)
{
	char *line = xasprintf(LOG_PREFIX "%s", text);
	size_t len = strlen(line);

	if (len > LOG_TEXT) {
		for (len = LOG_TEXT; len && ((unsigned char)line[len] & 0xc0) == 0x80; len--)
			;
		line[len] = '\0';
	}
	for (char *c = line; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = ' ';
	return line;
}

/* With nothing of ours but its arguments: no descriptors, no blocked signals, no shell. */
static int run_quietly(const char *path, char *const argv[], pid_t *ret)
{
	static char *const env[] = {"PATH=/sbin:/usr/sbin:/bin:/usr/bin", NULL};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none, all;
	int rc;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&attr);
	for (int fd = 0; fd <= 2; fd++)
		posix_spawn_file_actions_addopen(&files, fd, "/dev/null", O_RDWR, 0);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	rc = posix_spawn(ret, path, &files, &attr, argv, env);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	return rc;
}

static int wait_for(pid_t pid, struct err *e)
{
	msec until = clock_mono() + LOG_PATIENCE_MS;
	int status;

	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (clock_mono() > until) {
			kill(pid, SIGKILL);
			waitpid(pid, &status, 0);
			return err_set(e, ERR_UNAVAILABLE, "qnap.log_failed",
				"The log of QTS did not take a line within %d s.",
				LOG_PATIENCE_MS / 1000);
		}
		clock_sleep(20);
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	return err_set(e, ERR_UNAVAILABLE, "qnap.log_failed",
		"The log of QTS did not take a line (status %d).", status);
}

int qnap_log(const char *root, enum qnap_level level, const char *text, struct err *e)
{
	autofree char *path = qnap_path(root, LOG_TOOL);
	autofree char *line = line_of(text);
	char type[] = "-t0";
	char *argv[] = {path, type, (char *)"-uSystem", (char *)"-p127.0.0.1",
		(char *)"-mlocalhost", (char *)"-a", line, NULL};
	pid_t pid;
	int rc;

	type[2] = (char)('0' + level);
	rc = run_quietly(path, argv, &pid);
	if (rc)
		return err_set(e, ERR_UNAVAILABLE, "qnap.log_failed",
			"The log of QTS cannot be written: %s.", strerror(rc));
	return wait_for(pid, e);
}
