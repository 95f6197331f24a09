/* YAML → a tree with lines: aliases followed, merge keys merged, variables filled in, all within
 * limits. libyaml's document keeps an alias as a reference, so that a small text cannot grow there;
 * it may grow here, and here it is counted. */
#include "domain/compose_priv.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

struct loading {
	struct yfile *f;
	yaml_document_t *doc;
	struct err *e;
};

static void free_document(yaml_document_t **doc)
{
	if (*doc)
		yaml_document_delete(*doc);
}

static void free_parser(yaml_parser_t **parser)
{
	yaml_parser_delete(*parser);
}

void ynode_free(struct ynode *n)
{
	for (size_t i = 0; i < n->n; i++)
		ynode_free(&n->items[i]);
	free(n->items);
	free(n->key);
	free(n->text);
	*n = (struct ynode){0};
}

const struct ynode *ynode_get(const struct ynode *n, const char *key)
{
	for (size_t i = 0; n && n->kind == Y_MAP && i < n->n; i++)
		if (!strcmp(n->items[i].key, key))
			return &n->items[i];
	return NULL;
}

bool ynode_null(const struct ynode *n)
{
	return !n || (n->kind == Y_SCALAR && n->plain &&
			     (!*n->text || !strcmp(n->text, "~") || !strcmp(n->text, "null")));
}

const char *ynode_text(const struct ynode *n)
{
	return n && n->kind == Y_SCALAR ? n->text : "";
}

bool ynode_true(const struct ynode *n)
{
	return !strcasecmp(ynode_text(n), "true") || !strcasecmp(ynode_text(n), "yes") ||
	       !strcasecmp(ynode_text(n), "on");
}

static int refuse(struct loading *l, int line, const char *code, const char *what)
{
	return err_set(l->e, ERR_INPUT, code, "%.100s, line %d: %s", l->f->name, line, what);
}

static int convert(struct loading *l, int index, int depth, struct ynode *ret);

static struct ynode *grow(struct ynode *n)
{
	/* in powers of two, so that long lists are not copied for each element */
	if (!(n->n & (n->n - 1)))
		n->items = xrealloc(n->items, (n->n ? n->n * 2 : 1) * sizeof(*n->items));
	n->items[n->n] = (struct ynode){0};
	return &n->items[n->n++];
}

static int convert_list(struct loading *l, const yaml_node_t *y, int depth, struct ynode *ret)
{
	ret->kind = Y_LIST;
	for (const int *i = y->data.sequence.items.start; i < y->data.sequence.items.top; i++)
		if (convert(l, *i, depth + 1, grow(ret)))
			return -1;
	return 0;
}

static const char *scalar(const yaml_node_t *y)
{
	return y && y->type == YAML_SCALAR_NODE ? (const char *)y->data.scalar.value : NULL;
}

static bool is_merge(const yaml_node_t *key)
{
	return scalar(key) && !strcmp(scalar(key), "<<") &&
	       key->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

/* Members that are not there yet come from the other map. */
static void merge_from(struct ynode *ret, struct ynode *other)
{
	for (size_t i = 0; i < other->n; i++) {
		if (ynode_get(ret, other->items[i].key))
			continue;
		*grow(ret) = other->items[i];
		other->items[i] = (struct ynode){0};
	}
}

static int merge(struct loading *l, int index, int depth, struct ynode *ret)
{
	autoynode struct ynode from = {0};

	if (convert(l, index, depth + 1, &from))
		return -1;
	if (from.kind == Y_MAP) {
		merge_from(ret, &from);
		return 0;
	}
	for (size_t i = 0; from.kind == Y_LIST && i < from.n; i++)
		if (from.items[i].kind == Y_MAP)
			merge_from(ret, &from.items[i]);
	return from.kind == Y_LIST ? 0
				   : refuse(l, from.line, "compose.invalid",
					     "\"<<\" must name a mapping, or a list of them.");
}

static int convert_map(struct loading *l, const yaml_node_t *y, int depth, struct ynode *ret)
{
	const yaml_node_pair_t *end = y->data.mapping.pairs.top;

	ret->kind = Y_MAP;
	for (const yaml_node_pair_t *p = y->data.mapping.pairs.start; p < end; p++) {
		const yaml_node_t *key = yaml_document_get_node(l->doc, p->key);
		int line = (int)key->start_mark.line + 1;
		struct ynode *item;

		if (is_merge(key))
			continue;
		if (!scalar(key))
			return refuse(l, line, "compose.invalid", "A key must be a plain text.");
		if (ynode_get(ret, scalar(key)))
			return refuse(l, line, "compose.duplicate",
				"This key stands in its mapping twice.");
		item = grow(ret);
		item->key = xstrdup(scalar(key));
		if (convert(l, p->value, depth + 1, item))
			return -1;
	}
	for (const yaml_node_pair_t *p = y->data.mapping.pairs.start; p < end; p++)
		if (is_merge(yaml_document_get_node(l->doc, p->key)) &&
			merge(l, p->value, depth, ret))
			return -1;
	return 0;
}

static int fill(struct loading *l, const char *text, struct ynode *ret)
{
	size_t len;

	ret->text = compose_fill(l->f, text, ret->line, l->e);
	if (!ret->text)
		return -1;
	len = strlen(ret->text);
	if (len > l->f->left_bytes)
		return refuse(l, ret->line, "compose.too_large",
			"With all aliases and variables filled in it is too long.");
	l->f->left_bytes -= len;
	return 0;
}

/* ret: zeroed but for its key. */
static int convert(struct loading *l, int index, int depth, struct ynode *ret)
{
	const yaml_node_t *y = yaml_document_get_node(l->doc, index);

	ret->line = (int)y->start_mark.line + 1;
	if (depth > COMPOSE_DEPTH)
		return refuse(l, ret->line, "compose.too_large", "It is nested too deeply.");
	if (!l->f->left--)
		return refuse(l, ret->line, "compose.too_large",
			"With all aliases followed it has too many values.");
	switch (y->type) {
	case YAML_SEQUENCE_NODE:
		return convert_list(l, y, depth, ret);
	case YAML_MAPPING_NODE:
		return convert_map(l, y, depth, ret);
	case YAML_SCALAR_NODE:
		if (strlen(scalar(y)) != y->data.scalar.length)
			return refuse(l, ret->line, "compose.invalid", "A text holds a NUL.");
		ret->plain = y->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
		return fill(l, scalar(y), ret);
	default:
		return refuse(l, ret->line, "compose.invalid", "A value is missing.");
	}
}

static int load(yaml_parser_t *parser, yaml_document_t *doc, const char *name, struct err *e)
{
	if (yaml_parser_load(parser, doc))
		return 0;
	return err_set(e, ERR_INPUT, "compose.invalid", "%.100s, line %zu: %s.", name,
		parser->problem_mark.line + 1, parser->problem ? parser->problem : "is no YAML");
}

int compose_parse(struct yfile *f, const char *text, size_t len, struct ynode *ret, struct err *e)
{
	yaml_parser_t parser;
	yaml_document_t doc, more;
	cleanup(free_parser) yaml_parser_t *p = &parser;
	cleanup(free_document) yaml_document_t *d = NULL, *m = NULL;
	autoynode struct ynode root = {0};
	struct loading l = {f, &doc, e};

	if (!yaml_parser_initialize(&parser))
		abort(); /* out of memory */
	yaml_parser_set_input_string(p, (const unsigned char *)text, len);
	if (load(p, &doc, f->name, e))
		return -1;
	d = &doc;
	if (!yaml_document_get_root_node(d))
		return refuse(&l, 1, "compose.invalid", "The file is empty.");
	f->left = COMPOSE_NODES;
	f->left_bytes = COMPOSE_TEXT;
	if (convert(&l, 1, 1, &root) || load(p, &more, f->name, e))
		return -1;
	m = &more;
	if (yaml_document_get_root_node(m))
		return refuse(&l, (int)more.start_mark.line + 1, "compose.invalid",
			"A second document begins here; give each a file of its own.");
	*ret = root;
	root = (struct ynode){0};
	return 0;
}
