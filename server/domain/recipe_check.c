/* What a recipe's members must be to each other, once each of them is right by itself. */
#include "domain/recipe_priv.h"

#include <limits.h>
#include <string.h>

/* Ascending, and one that does not say its end ends where the next begins. */
static int check_generations(const struct node *root)
{
	struct recipe *r = root->recipe;
	struct node list = read_member(root, "generations");

	for (size_t i = 0; i < r->n_generations; i++) {
		struct recipe_generation *g = &r->generations[i];
		struct node n = read_element(&list, i);

		if (i + 1 < r->n_generations) {
			struct recipe_version next = r->generations[i + 1].range.from;

			if (recipe_version_compare(g->range.from, next) >= 0)
				return read_bad(&n, "does not come before the next generation");
			if (g->range.before.major == INT_MAX)
				g->range.before = next;
			if (recipe_version_compare(g->range.before, next) > 0)
				return read_bad(&n, "reaches into the next generation");
		}
		if (recipe_version_compare(g->range.from, g->range.before) >= 0)
			return read_bad(&n, "the range of versions is empty");
		for (size_t k = 0; k < i; k++)
			if (!strcmp(r->generations[k].id, g->id))
				return read_bad(&n, "the id \"%s\" is there twice", g->id);
	}
	return 0;
}

/* Whatever the lineage promises must lead to a generation. */
static int check_images(const struct node *root)
{
	const struct recipe *r = root->recipe;
	struct node images = read_member(root, "images"), offer = read_member(root, "offer");

	for (size_t i = 0; i < r->n_repositories; i++) {
		struct node n = read_element(&images, i);

		for (size_t k = 0; k < r->repositories[i].n_floating; k++)
			if (!recipe_generation_of(r, r->repositories[i].floating[k].version))
				return read_bad(&n,
					"no generation has the version of the tag \"%s\"",
					r->repositories[i].floating[k].tag);
	}
	for (size_t i = 0; i < r->offer.n; i++) {
		struct node n = read_element(&offer, i);

		if (!recipe_generation(r, r->offer.items[i]))
			return read_bad(&n, "no generation has this image");
	}
	return 0;
}

static int check_keys(const struct node *root)
{
	const struct recipe *r = root->recipe;
	struct node options = read_member(root, "options"), nets = read_member(root, "networks");

	for (size_t i = 0; i < r->n_options; i++)
		for (size_t k = 0; k < i; k++)
			if (!strcmp(r->options[i].key, r->options[k].key)) {
				struct node n = read_element(&options, i);

				return read_bad(
					&n, "the key \"%s\" is there twice", r->options[i].key);
			}
	for (size_t i = 0; i < r->n_networks; i++)
		for (size_t k = 0; k < i; k++)
			if (!strcmp(r->networks[i].value, r->networks[k].value)) {
				struct node n = read_element(&nets, i);

				return read_bad(&n, "the value \"%s\" is there twice",
					r->networks[i].value);
			}
	return 0;
}

static bool secret_known(const struct recipe *r, const char *key, size_t len)
{
	for (size_t i = 0; i < r->n_secrets; i++)
		if (strlen(r->secrets[i].key) == len && !strncmp(r->secrets[i].key, key, len))
			return true;
	return false;
}

static bool option_known(const struct recipe *r, const char *key, size_t len)
{
	for (size_t i = 0; i < r->n_options; i++)
		if (strlen(r->options[i].key) == len && !strncmp(r->options[i].key, key, len))
			return true;
	return false;
}

/* A text of the configuration file: either free of braces, or exactly one placeholder. */
static int check_content_text(const struct node *n, const char *s)
{
	const struct recipe *r = n->recipe;
	size_t len = strlen(s);

	if (!strpbrk(s, "{}") || !strcmp(s, "{node_host}"))
		return 0;
	if (len >= 10 && !strncmp(s, "{option.", 8) && s[len - 1] == '}' &&
		option_known(r, s + 8, len - 9))
		return 0;
	if (len >= 10 && !strncmp(s, "{secret.", 8) && s[len - 1] == '}' &&
		secret_known(r, s + 8, len - 9))
		return 0;
	return read_bad(n, "is no placeholder that is known here");
}

static int check_content(const struct node *n)
{
	const char *key;
	json_t *value;

	for (size_t i = 0; i < json_array_size(n->value); i++) {
		struct node el = read_element(n, i);

		if (check_content(&el))
			return -1;
	}
	if (json_is_object(n->value))
		json_object_foreach ((json_t *)n->value, key, value) {
			struct node member = read_member(n, key);

			if (check_content(&member))
				return -1;
		}
	return json_is_string(n->value) ? check_content_text(n, json_string_value(n->value)) : 0;
}

static int check_config(const struct node *root)
{
	const struct recipe *r = root->recipe;
	struct node config = read_member(root, "config"), secrets = read_member(root, "secrets");
	struct node content = read_member(&config, "content");

	if (r->n_secrets && !config.value && !r->builtin)
		return read_bad(&secrets, "secrets need a \"config\" to go into");
	return content.value ? check_content(&content) : 0;
}

int recipe_check(const struct node *root)
{
	if (check_generations(root) || check_images(root) || check_keys(root))
		return -1;
	return check_config(root);
}
