#include "domain/understand_priv.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "domain/recipe_reverse.h"

void understood_free(struct understood *u)
{
	json_decref(u->stack);
	json_decref(u->notes);
	json_decref(u->data);
	json_decref(u->config);
	json_decref(u->keys);
	*u = (struct understood){0};
}

json_t *understood_service(const struct understood *u, const char *service)
{
	size_t i;
	json_t *s;

	json_array_foreach (json_arr(u->stack, "services"), i, s)
		if (!strcmp(json_str(s, "name", ""), service))
			return s;
	return NULL;
}

/* ---- which recipe ---- */

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool among(const struct recipe_strings *list, const char *text)
{
	for (size_t i = 0; i < list->n; i++)
		if (!strcmp(list->items[i], text))
			return true;
	return false;
}

static const char *first_word(const json_t *words)
{
	const char *s = json_string_value(json_array_get(words, 0));

	return s ? s : "";
}

static bool runs_program(const struct recipe *r, const json_t *words)
{
	return among(&r->found.programs, base_name(first_word(words)));
}

static bool of_lineage(const struct recipe *r, const char *image)
{
	return !r->builtin && strcmp(r->repositories[0].repository, "*") &&
	       recipe_generation(r, image);
}

static bool image_named(const struct recipe *r, const char *image)
{
	autoimage struct image_ref ref = {0};

	return !image_ref_parse(image, &ref, NULL) &&
	       among(&r->found.images, base_name(ref.repository));
}

bool understand_image(const struct recipe *r, const char *image)
{
	return of_lineage(r, image) || image_named(r, image);
}

static const json_t *mount_at(const json_t *seen, const char *target)
{
	size_t i;
	json_t *m;

	json_array_foreach (json_arr(seen, "mounts"), i, m)
		if (target && !strcmp(json_str(m, "target", ""), target))
			return m;
	return NULL;
}

static int score(const struct recipe *r, const json_t *seen)
{
	const char *image = json_str(seen, "image", "");

	if (of_lineage(r, image))
		return 4;
	if (mount_at(seen, r->config.mount))
		return 3;
	if (runs_program(r, json_arr(seen, "entrypoint")) ||
		runs_program(r, json_arr(seen, "command")))
		return 2;
	return image_named(r, image) ? 1 : 0;
}

const struct recipe *understand_recipe(const struct recipe_set *recipes, const json_t *seen)
{
	const struct recipe *best = NULL;
	int most = 0;

	for (size_t i = 0; i < recipes->n; i++) {
		int n = score(recipes->items[i], seen);

		if (n > most) {
			most = n;
			best = recipes->items[i];
		}
	}
	return best;
}

/* ---- its command ---- */

static void append(json_t *words, const json_t *from, size_t skip)
{
	for (size_t i = skip; i < json_array_size(from); i++)
		json_array_append(words, json_array_get(from, i));
}

/* The arguments behind the program. Only arguments are ever given to an image: where its program
 * lies has changed several times in the life of some. */
static json_t *arguments(const struct looking *l)
{
	const json_t *entry = json_arr(l->seen, "entrypoint");
	const json_t *command = json_arr(l->seen, "command");
	json_t *words = json_array();

	if (json_array_size(entry) && runs_program(l->r, entry)) {
		look_note(l, "changed", "entrypoint", "entrypoint",
			"The image's own program is started instead of %s; its arguments are kept.",
			first_word(entry));
		append(words, entry, 1);
		append(words, command, 0);
	} else {
		if (json_array_size(entry))
			look_note(l, "left_out", "entrypoint", "entrypoint",
				"The entrypoint \"%.100s\" and its arguments are left out: the "
				"image's own is used.",
				first_word(entry));
		else
			append(words, command, runs_program(l->r, command) ? 1 : 0);
	}
	return words;
}

static void tell_all(const struct looking *l, const char *kind, const char *key, const json_t *list)
{
	size_t i;
	json_t *one;

	json_array_foreach ((json_t *)list, i, one)
		look_note(l, kind, key, json_str(one, "what", ""), "%s: %s.",
			json_str(one, "what", ""), json_str(one, "why", ""));
}

/* ---- where its data lies ---- */

/* path is folder, or lies below it: what follows ("" or "/rest"); NULL = it does not. */
static const char *below(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	if (strncmp(path, folder, n) || (path[n] && path[n] != '/'))
		return NULL;
	return path + n;
}

/* Where this image keeps its data when no argument says so. A mount on the folder of another
 * version tells what its maker had in mind. */
static const char *usual_folder(const struct looking *l)
{
	const struct recipe_found *f = &l->r->found;

	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < f->n_folders; i++) {
			const struct recipe_names *n = &f->folders[i];

			for (size_t k = 0; k < n->names.n; k++)
				if (pass ? recipe_in_range(&n->range, l->g->range.from)
					 : mount_at(l->seen, n->names.items[k]) != NULL)
					return n->names.items[k];
		}
	return mount_at(l->seen, l->r->data_path) ? l->r->data_path : NULL;
}

static void put_place(json_t *into, const struct looking *l, const json_t *mount, const char *path)
{
	const char *rest = mount ? below(path, json_str(mount, "target", "")) : path;
	const char *from = mount ? json_str(mount, "source", "") : json_str(l->seen, "layer", NULL);
	autofree char *source = xasprintf("%s%s", from ? from : "", from && rest ? rest : "");
	json_t *place = json_object();

	json_put_str(place, "kind", mount ? json_str(mount, "kind", "") : "layer");
	json_put_str(place, "source", source);
	json_put_str(place, "path", path);
	json_put(into, l->service, place);
}

/* The mount that holds the data folder, the deepest of them. */
static const json_t *data_mount(const struct looking *l, const char *folder)
{
	const json_t *best = NULL;
	size_t i;
	json_t *m;

	json_array_foreach (json_arr(l->seen, "mounts"), i, m) {
		const char *target = json_str(m, "target", "");

		if (below(folder, target) &&
			(!best || strlen(target) > strlen(json_str(best, "target", ""))))
			best = m;
	}
	return best;
}

static void read_mounts(const struct looking *l, const char *folder)
{
	const json_t *data = folder ? data_mount(l, folder) : NULL;
	size_t i;
	json_t *m;

	if (folder)
		put_place(l->u->data, l, data, folder);
	json_array_foreach (json_arr(l->seen, "mounts"), i, m) {
		const char *target = json_str(m, "target", "");

		if (m == data)
			continue;
		if (l->r->config.mount && !strcmp(target, l->r->config.mount))
			put_place(l->u->config, l, m, target);
		else
			look_note(l, "left_out", "volumes", target,
				"%.100s is mounted at %.100s; nothing of ours reads it, and it is "
				"left out.",
				*json_str(m, "source", "") ? json_str(m, "source", "") : "A volume",
				target);
	}
}

static void read_command(const struct looking *l, bool shared)
{
	autojson json_t *words = arguments(l);
	autoreversed struct reversed back;
	const char *usual = usual_folder(l);
	int64_t memory = json_int(json_obj(l->made, "limits"), "memory_bytes", 0);

	reversed_init(&back);
	recipe_reverse_args(l->r, l->g, shared, words, usual, memory, &back);
	json_put(l->made, "options", json_incref(back.options));
	tell_all(l, "left_out", "command", back.left);
	tell_all(l, "changed", "command", back.changed);
	read_mounts(l, back.data_path ? back.data_path : usual);
}

/* ---- the pair ---- */

static const char *target_of(const json_t *seen)
{
	const char *mode = json_str(seen, "network", "");

	if (!strncmp(mode, "service:", 8))
		return mode + 8;
	return !strncmp(mode, "container:", 10) ? mode + 10 : "";
}

static bool means(const char *name, const json_t *seen)
{
	return *name && (!strcmp(name, json_str(seen, "key", "")) ||
				!strcmp(name, json_str(seen, "container_name", "")) ||
				!strcmp(name, json_str(seen, "id", "")));
}

bool understand_share(const json_t *node, const json_t *relay)
{
	return means(target_of(node), relay) || means(target_of(relay), node);
}

/* ---- names ---- */

static char *stack_name(const json_t *node, const char *name)
{
	char out[32] = "";
	size_t n = 0;

	if (json_str(node, "stack", NULL))
		name = json_str(node, "stack", NULL);
	else if (!name)
		name = json_str(node, "container_name", json_str(node, "key", ""));
	for (; *name && n < sizeof(out) - 1; name++) {
		char c = (char)tolower((unsigned char)*name);

		if (isalnum((unsigned char)c) || (n && out[n - 1] != '-'))
			out[n++] = isalnum((unsigned char)c) ? c : '-';
	}
	out[n] = '\0';
	while (n && out[n - 1] == '-')
		out[--n] = '\0';
	return xstrdup(*out ? out : "node");
}

static void put_container_name(const struct looking *l)
{
	autofree char *usual = xasprintf("%s-%s", json_str(l->u->stack, "name", ""), l->service);
	const char *name = json_str(l->seen, "container_name", NULL);

	if (name && strcmp(name, usual))
		json_put_str(l->made, "container_name", name);
}

/* Our own layout below the data root: DIR/node, and then DIR is the folder of the stack. */
static void own_folder(struct understood *u, const char *data_root)
{
	json_t *place = json_obj(u->data, "node");
	const char *source = json_str(place, "source", "");
	size_t len = strlen(source), root = strlen(data_root);
	autofree char *dir = len > 5 ? xstrndup(source, len - 5) : NULL;

	if (strcmp(json_str(place, "kind", ""), "bind") || !dir ||
		strcmp(source + len - 5, "/node") || strncmp(dir, data_root, root) ||
		dir[root] != '/')
		return;
	json_put_str(u->stack, "data_dir", dir);
	json_object_del(u->data, "node");
}

static int add_service(struct understood *u, const struct recipe *r, const char *service,
	const json_t *seen, bool shared, struct err *e)
{
	const char *image = json_str(seen, "image", "");
	struct looking l = {.u = u, .r = r, .seen = seen, .service = service};

	l.g = recipe_generation(r, image);
	if (!l.g)
		return err_set(e, ERR_INPUT, "image.unknown",
			"The image %.200s of \"%.60s\" is not of a version that the recipe %s "
			"knows.",
			*image ? image : "(none)", json_str(seen, "key", ""), r->title);
	l.made = json_object();
	json_array_append_new(json_arr(u->stack, "services"), l.made);
	json_put_str(l.made, "name", service);
	json_put_str(l.made, "recipe", r->id);
	json_put_str(l.made, "image", image);
	json_put(l.made, "ports", json_deep_copy(json_arr(seen, "ports")));
	put_container_name(&l);
	look_limits(&l);
	read_command(&l, shared);
	look_env(&l);
	look_rest(&l, shared);
	json_put_str(u->keys, service, json_str(seen, "key", ""));
	return 0;
}

int understand(const struct recipe_set *recipes, const json_t *seen, const json_t *notes,
	const char *name, const char *data_root, struct understood *ret, struct err *e)
{
	autounderstood struct understood u = {json_object(),
		notes ? json_deep_copy(notes) : json_array(), json_object(), json_object(),
		json_object()};
	const json_t *found[2] = {NULL, NULL}; /* node, relay */
	const struct recipe *of[2] = {NULL, NULL};
	autofree char *made = NULL;
	bool shared;
	size_t i;
	json_t *one;

	json_array_foreach ((json_t *)seen, i, one) {
		const struct recipe *r = understand_recipe(recipes, one);
		struct looking l = {.u = &u, .seen = one};

		if (r && !found[r->relay]) {
			found[r->relay] = one;
			of[r->relay] = r;
			continue;
		}
		look_note(&l, "left_out", "image", json_str(one, "key", ""), "\"%.60s\" %s",
			json_str(one, "key", ""),
			r ? "is one more of its kind and is left out: import it by itself."
			  : "is neither a node nor a relay that is known here, and is left "
			    "out.");
	}
	if (!found[0])
		return err_set(e, ERR_INPUT, "compose.no_node",
			"None of it looks like a node that is known here.");
	shared = found[1] && understand_share(found[0], found[1]);
	made = stack_name(found[0], name);
	json_put_str(u.stack, "name", made);
	json_put_str(u.stack, "network", shared ? "shared" : "private");
	json_put(u.stack, "services", json_array());
	for (int k = 0; k < 2; k++)
		if (found[k] && add_service(&u, of[k], k ? "relay" : "node", found[k], shared, e))
			return -1;
	own_folder(&u, data_root);
	*ret = u;
	u = (struct understood){0};
	return 0;
}

void understand_config(
	struct understood *u, const struct recipe *r, const char *service, const json_t *file)
{
	json_t *made = understood_service(u, service);
	autojson json_t *seen = json_object();
	struct looking l = {.u = u, .r = r, .seen = seen, .service = service, .made = made};
	autoreversed struct reversed back;

	reversed_init(&back);
	json_put_str(seen, "key", json_str(u->keys, service, service));
	json_put_str(seen, "file", r->config.file);
	recipe_reverse_config(r, file, &back);
	json_object_update(json_obj(made, "options"), back.options);
	if (json_object_size(back.secrets))
		json_put(made, "secrets", json_incref(back.secrets));
	tell_all(&l, "left_out", "config", back.left);
	tell_all(&l, "changed", "config", back.changed);
}

void understand_required(struct understood *u, const struct recipe *r, const char *service)
{
	json_t *made = understood_service(u, service), *options = json_obj(made, "options");
	autojson json_t *seen = json_object();
	struct looking l = {.u = u, .r = r, .seen = seen, .service = service};

	json_put_str(seen, "key", json_str(u->keys, service, service));
	for (size_t i = 0; made && i < r->n_options; i++) {
		const struct recipe_option *o = &r->options[i];
		const char *name = json_str(u->stack, "name", "");

		if (!o->required || o->type != OPTION_STRING || recipe_option_value(o, options))
			continue;
		json_put_str(options, o->key, name);
		look_note(&l, "assumed", "", o->key, "%s is not known: \"%s\" is assumed.",
			o->title, name);
	}
}
