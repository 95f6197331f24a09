#include "domain/texts.h"

static json_t *loaded;

int texts_load(const char *text, size_t len, struct err *e)
{
	autojson json_t *j = NULL;
	const char *code;
	json_t *entry;

	if (json_parse(text, len, &j, e))
		return -1;
	if (!json_is_object(j))
		return err_set(e, ERR_INTERNAL, "texts.invalid", "The texts are no JSON object.");
	json_object_foreach (j, code, entry)
		if (!json_str(entry, "hint", NULL))
			return err_set(e, ERR_INTERNAL, "texts.invalid",
				"The code %.48s has no hint.", code);
	texts_unload();
	loaded = take(j);
	return 0;
}

void texts_unload(void)
{
	json_decref(loaded);
	loaded = NULL;
}

const char *texts_hint(const char *code)
{
	return json_str(json_object_get(loaded, code), "hint", "");
}
