/* The member "found": how a container of somebody else is recognised. */
#include "domain/recipe_fields.h"

static int read_names(const struct node *n, void *out, const char *form)
{
	const struct field fields[] = {
		RANGE(struct recipe_names),
		{.key = "names",
			.kind = FIELD_STRINGS,
			.required = true,
			AT(struct recipe_names, names),
			.min = 1,
			.max = 20,
			.pattern = form},
	};
	struct recipe_names *names = out;

	names->range = RANGE_ALWAYS;
	return FIELDS(n, fields, names) ? -1 : check_range(n, &names->range);
}

static int read_data_arg(const struct node *n, void *out)
{
	return read_names(n, out, "^-[^ =]*$");
}

static int read_place(const struct node *n, void *out)
{
	return read_names(n, out, DATA_FOLDER);
}

int read_found(const struct node *n, void *out)
{
	static const struct field fields[] = {
		STRINGS(struct recipe_found, "programs", programs, 0, 20, FILE_NAME),
		STRINGS(struct recipe_found, "images", images, 0, 20, "^[a-z0-9][a-z0-9._-]*$"),
		ARRAY(struct recipe_found, "data_args", data_args, 0, 20, read_data_arg,
			struct recipe_names),
		ARRAY(struct recipe_found, "folders", folders, 0, 20, read_place,
			struct recipe_names),
	};

	return FIELDS(n, fields, &((struct recipe *)out)->found);
}
