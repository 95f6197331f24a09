/* A relay's configuration file in a wish: {"name": "relay", "config": "…"} says what options and
 * secrets would. What is said beside it goes before it. */
#include "services/actions_priv.h"

#include <string.h>

#include "domain/recipe_reverse.h"

#define CONFIG_MAX (64u * 1024)

/* Whose file it is: the recipe's own, or that of a relay with one, for a relay that needs none. */
static const struct recipe *reader_of(const struct recipe_set *set, const struct recipe *r)
{
	if (!r || !r->relay || r->config.file)
		return r && r->relay ? r : NULL;
	for (size_t i = 0; i < set->n; i++)
		if (set->items[i]->relay && set->items[i]->config.file)
			return set->items[i];
	return NULL;
}

static const struct recipe *recipe_of(const struct action_ctx *c, const json_t *service)
{
	const struct service *old = stack_service(&c->before, json_str(service, "name", ""));
	const char *id = json_str(service, "recipe", old ? old->recipe : "");

	return recipe_find(c->app->recipes, id);
}

static bool knows_secret(const struct recipe *r, const char *key)
{
	for (size_t i = 0; i < r->n_secrets; i++)
		if (!strcmp(r->secrets[i].key, key))
			return true;
	return false;
}

/* What the recipe knows of `found` goes below what the wish says of it. */
static void put_below(json_t *service, const char *member, const struct recipe *r, bool secrets,
	const json_t *found)
{
	json_t *said = json_object_get(service, member), *all = json_object();
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)found, key, value)
		if (secrets ? knows_secret(r, key) : recipe_option(r, key) != NULL)
			json_object_set(all, key, value);
	if (json_is_object(said))
		json_object_update(all, said);
	if (!said || json_is_object(said))
		json_object_set(service, member, all);
	json_decref(all);
}

static int read_config(const struct action_ctx *c, json_t *service, struct err *e)
{
	const json_t *text = json_object_get(service, "config");
	const struct recipe *r = recipe_of(c, service);
	const struct recipe *reader = reader_of(c->app->recipes, r);
	autoreversed struct reversed found = {0};
	autojson json_t *file = NULL;
	struct err why;

	if (!reader)
		return err_set(
			e, ERR_INPUT, "input.service", "The field \"config\" is for a relay only.");
	if (!json_is_string(text) || json_string_length(text) > CONFIG_MAX)
		return err_set(e, ERR_INPUT, "input.type",
			"The field \"config\" must be a text of at most 64 KiB.");
	if (json_parse(json_string_value(text), json_string_length(text), &file, &why))
		return err_set(e, ERR_INPUT, "relay.config", "%s is not understood: %.200s",
			reader->config.file, why.message);
	reversed_init(&found);
	recipe_reverse_config(reader, file, &found);
	if (!json_object_size(found.options) && !json_object_size(found.secrets))
		return err_set(e, ERR_INPUT, "relay.config",
			"Nothing in it is a setting of a relay: it is no %s.", reader->config.file);
	put_below(service, "options", r, false, found.options);
	put_below(service, "secrets", r, true, found.secrets);
	json_object_del(service, "config");
	return 0;
}

int wish_body(const struct action_ctx *c, json_t **ret, struct err *e)
{
	autojson json_t *body = json_deep_copy(c->a->body);
	json_t *service;
	size_t i;

	json_array_foreach (json_object_get(body, "services"), i, service)
		if (json_object_get(service, "config") && read_config(c, service, e))
			return -1;
	*ret = take(body);
	return 0;
}
