/* services/kernel_limits: what the kernel has, where the engine can limit swap and where it cannot.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "io/cgroup.h"
#include "services/kernel_limits.h"
#include "services/world.h"
#include "shell.h"

#define MIB INT64_C(1048576)

static char base[] = "/tmp/test-kernel-limits-XXXXXX";

/* A container of cgroup v2 with a limit of memory, and none of swap. */
static int setup(void **state)
{
	(void)state;
	strcpy(base + strlen(base) - 6, "XXXXXX");
	if (!mkdtemp(base))
		return -1;
	run(true,
		"cd %s && mkdir -p proc/7 docker && echo 0::/docker >proc/7/cgroup &&"
		"echo memory >cgroup.controllers && echo 268435456 >docker/memory.max &&"
		"echo max >docker/memory.swap.max && echo 4096 >docker/memory.current",
		base);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	run(true, "rm -r %s", base);
	return 0;
}

static int64_t swap_that_differs(bool engine_limits_swap, int64_t wanted)
{
	struct app app = {.world = world_new(NULL, base)};
	struct limits want = {.memory = 256 * MIB, .swap = wanted}, has;
	struct cgroup *c = NULL;
	struct usage u;
	struct err e = {0};

	app.world->engine.swap_limit = engine_limits_swap;
	assert_int_equal(cgroup_open(base, path_below(base, "proc"), 7, &c, &e), 0);
	assert_int_equal(kernel_read(&app, c, &u, &e), 0);
	cgroup_close(c);
	world_free(app.world);
	has = cgroup_limits(&u, &want);
	assert_int_equal(has.memory, 256 * MIB);
	return has.swap;
}

static void swap_without_a_limit_is_drift(void **state)
{
	(void)state;
	assert_int_equal(swap_that_differs(true, 0), -1);
	assert_int_equal(swap_that_differs(true, 64 * MIB), -1);
}

static void but_not_where_the_engine_cannot_limit_it(void **state)
{
	(void)state;
	assert_int_equal(swap_that_differs(false, 0), 0);
	assert_int_equal(swap_that_differs(false, 64 * MIB), 64 * MIB);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(swap_without_a_limit_is_drift, setup, teardown),
		cmocka_unit_test_setup_teardown(
			but_not_where_the_engine_cannot_limit_it, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
