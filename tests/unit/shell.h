/*
 * shell: commands that set a test's stage: file systems, mounts, files. For cmocka tests.
 */
#ifndef TESTS_UNIT_SHELL_H
#define TESTS_UNIT_SHELL_H

#include <stdio.h>
#include <stdlib.h>

/* must: a command that fails ends the test. */
__attribute__((format(printf, 2, 3))) static void run(bool must, const char *fmt, ...)
{
	char cmd[600];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(cmd, sizeof(cmd), fmt, ap);
	va_end(ap);
	if (system(cmd) && must)
		fail_msg("%s", cmd);
}

/* BASE/REL; four of them at a time. */
static inline const char *path_below(const char *base, const char *rel)
{
	static char path[4][512];
	static int i;

	i = (i + 1) % 4;
	snprintf(path[i], sizeof(path[i]), "%s/%s", base, rel);
	return path[i];
}

#endif
