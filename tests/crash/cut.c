/*
 * cut.so, preloaded into the program under test: ends it with SIGKILL at one exact write of its
 * journal. The program itself knows nothing of it: the shim stands between it and SQLite, whose
 * sqlite3_step() carries out every write.
 *
 * CUT_FILE names a file of the test's. While it holds "N before" or "N after", the Nth journal
 * write since the file was put there (by rename) is the last thing that happens, just before it or
 * just after it is on the disk (its whole transaction). Every journal write is told in
 * CUT_FILE.log: "step 4 running".
 *
 * A journal write is an UPDATE of a step, or of a job that changes its direction or ends.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static ino_t armed;
static long count;

/* "step 4 running" of the statement, "" when it is no journal write. */
static void what(sqlite3_stmt *st, char out[64])
{
	const char *sql = sqlite3_sql(st), *n, *state;
	char *whole;

	out[0] = '\0';
	if (!sql || (strncmp(sql, "UPDATE step", 11) && strncmp(sql, "UPDATE job", 10)))
		return;
	whole = sqlite3_expanded_sql(st);
	state = whole ? strstr(whole, "state='") : NULL;
	n = whole ? strstr(whole, " n=") : NULL;
	for (const char *p = n; p; p = strstr(p + 1, " n="))
		n = p;
	if (state && !strncmp(sql, "UPDATE step", 11) && n)
		snprintf(out, 64, "step %d %.*s", atoi(n + 3), (int)strcspn(state + 7, "'"),
			state + 7);
	else if (state && (!strncmp(state + 7, "done", 4) || !strncmp(state + 7, "roll", 4) ||
				  !strncmp(state + 7, "failed", 6)))
		snprintf(out, 64, "job %.*s", (int)strcspn(state + 7, "'"), state + 7);
	sqlite3_free(whole);
}

static void tell(const char *file, const char *text)
{
	char log[4200];
	int fd;

	snprintf(log, sizeof(log), "%s.log", file);
	fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0 || dprintf(fd, "%s\n", text) < 0)
		abort();
	close(fd);
}

/* Whether this write is the one; *ret_after: only when it is done. */
static int is_it(const char *file, int *ret_after)
{
	FILE *f = fopen(file, "re");
	char when[16] = "";
	struct stat st;
	long at = 0;

	if (!f)
		return 0;
	if (fstat(fileno(f), &st) || fscanf(f, "%ld %15s", &at, when) != 2)
		at = 0;
	fclose(f);
	if (armed != st.st_ino) {
		armed = st.st_ino;
		count = 0;
	}
	*ret_after = !strcmp(when, "after");
	return ++count == at;
}

int sqlite3_step(sqlite3_stmt *st)
{
	static int (*real)(sqlite3_stmt *);
	static __thread int due; /* after the end of this transaction */
	const char *file = getenv("CUT_FILE");
	int hit = 0, after = 0, rc;
	char name[64] = "";

	if (!real)
		real = (int (*)(sqlite3_stmt *))dlsym(RTLD_NEXT, "sqlite3_step");
	if (file)
		what(st, name);
	if (name[0]) {
		pthread_mutex_lock(&lock);
		tell(file, name);
		hit = is_it(file, &after);
		pthread_mutex_unlock(&lock);
		if (hit && !after)
			kill(getpid(), SIGKILL);
	}
	rc = real(st);
	due = due || hit;
	if (due && sqlite3_get_autocommit(sqlite3_db_handle(st)))
		kill(getpid(), SIGKILL);
	return rc;
}
