#include "services/kernel_limits.h"

#include "domain/neighbour.h"
#include "io/cgroup.h"
#include "services/world.h"

int kernel_read(struct app *app, struct cgroup *c, struct usage *ret, struct err *e)
{
	bool swap;

	if (cgroup_read(c, ret, e))
		return -1;
	world_lock(app->world);
	swap = app->world->engine.swap_limit;
	world_unlock(app->world);
	if (!swap)
		ret->swap_limit = -1;
	return 0;
}

struct limits kernel_limits(const struct limits *own, const struct neighbour *n,
	const struct usage *u, bool weighs, int *ret_mode, struct limits *ret_wanted)
{
	for (unsigned mode = 0; mode < NEIGHBOUR_MODES; mode++) {
		struct limits want = neighbour_limits(own, n, mode, weighs);
		struct limits kernel = cgroup_limits(u, &want);
		struct share may = limits_share(&want), is = limits_share(&kernel);

		if (share_equal(&is, &may)) {
			*ret_mode = (int)mode;
			*ret_wanted = want;
			return kernel;
		}
	}
	*ret_mode = -1;
	*ret_wanted = *own;
	return cgroup_limits(u, own);
}
