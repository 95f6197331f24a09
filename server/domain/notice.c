#include "domain/notice.h"

#include <string.h>

#define HOUR_MS 3600000

static struct notice_known *find(struct notices *n, const char *key)
{
	for (size_t i = 0; i < n->n; i++)
		if (!strcmp(n->known[i].key, key))
			return &n->known[i];
	return NULL;
}

/* A place for one more; when all are taken, of those that are away the one that left first. */
static struct notice_known *place(struct notices *n)
{
	struct notice_known *oldest = &n->known[0];

	if (n->n < COUNT(n->known))
		return &n->known[n->n++];
	for (size_t i = 1; i < n->n; i++)
		if (n->known[i].gone_at &&
			(!oldest->gone_at || n->known[i].gone_at < oldest->gone_at))
			oldest = &n->known[i];
	return oldest;
}

void notices_begin(struct notices *n)
{
	for (size_t i = 0; i < n->n; i++)
		n->known[i].seen = false;
}

bool notices_due(struct notices *n, const char *key, msec since, msec now)
{
	char short_key[NOTICE_KEY];
	struct notice_known *k;

	snprintf(short_key, sizeof(short_key), "%s", key);
	k = find(n, short_key);
	if (k) {
		k->seen = true;
		k->gone_at = 0;
		return false;
	}
	if (now - since < NOTICE_AFTER_MS)
		return false;
	k = place(n);
	*k = (struct notice_known){.seen = true};
	memcpy(k->key, short_key, sizeof(short_key));
	return true;
}

void notices_end(struct notices *n, msec now)
{
	size_t kept = 0;

	for (size_t i = 0; i < n->n; i++) {
		struct notice_known *k = &n->known[i];

		if (!k->seen && !k->gone_at)
			k->gone_at = now;
		if (!k->gone_at || (now - k->gone_at < NOTICE_AWAY_MS && now >= k->gone_at))
			n->known[kept++] = *k;
	}
	n->n = kept;
}

bool notices_room(struct notices *n, msec now, bool *ret_last)
{
	msec *oldest = &n->sent[n->n_sent % NOTICE_HOUR];

	if (n->n_sent >= NOTICE_HOUR && now - *oldest < HOUR_MS && now >= *oldest)
		return false;
	*oldest = now;
	n->n_sent++;
	oldest = &n->sent[n->n_sent % NOTICE_HOUR];
	*ret_last = n->n_sent >= NOTICE_HOUR && now - *oldest < HOUR_MS;
	return true;
}

json_t *notices_json(const struct notices *n)
{
	json_t *j = json_object();

	for (size_t i = 0; i < n->n; i++)
		json_put_int(j, n->known[i].key, n->known[i].gone_at);
	return j;
}

void notices_load(struct notices *n, const json_t *j)
{
	const char *key;
	json_t *v;

	json_object_foreach ((json_t *)j, key, v) {
		struct notice_known *k = place(n);

		*k = (struct notice_known){.gone_at = json_int(j, key, 0)};
		snprintf(k->key, sizeof(k->key), "%s", key);
	}
}
