#include "services/kernel_limits.h"

#include "domain/neighbour.h"
#include "io/cgroup.h"

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
