/* Where a stack's folder is, as the store keeps it: below the data root by name, because the volume
 * of the data root may be renamed or moved. */
#include <string.h>

#include "domain/wanted.h"

json_t *wanted_stored(const json_t *wanted, const char *data_root)
{
	json_t *j = json_deep_copy(wanted);
	const char *dir = json_str(wanted, "data_dir", "");
	size_t len = strlen(data_root);

	if (!strncmp(dir, data_root, len) && dir[len] == '/' && dir[len + 1])
		json_put_str(j, "data_dir", dir + len + 1);
	return j;
}

json_t *wanted_placed(const json_t *stored, const char *data_root)
{
	json_t *j = json_deep_copy(stored);
	const char *dir = json_str(stored, "data_dir", "");

	if (*dir && *dir != '/') {
		autofree char *path = xasprintf("%s/%s", data_root, dir);

		json_put_str(j, "data_dir", path);
	}
	return j;
}
