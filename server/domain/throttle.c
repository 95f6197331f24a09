#include "domain/throttle.h"

#include "base/mem.h"

#include <arpa/inet.h>
#include <string.h>

static void key_of(const char *address, char ret[46])
{
	struct in6_addr six;

	snprintf(ret, 46, "%s", address);
	if (inet_pton(AF_INET6, address, &six) != 1)
		return;
	memset(&six.s6_addr[8], 0, 8);
	inet_ntop(AF_INET6, &six, ret, 46);
}

static const struct throttle_entry *find(const struct throttle *t, const char *key)
{
	for (size_t i = 0; i < COUNT(t->each); i++)
		if (!strcmp(t->each[i].who, key))
			return &t->each[i];
	return NULL;
}

static struct throttle_entry *entry_of(struct throttle *t, const char *key)
{
	struct throttle_entry *e = (struct throttle_entry *)find(t, key);

	if (e)
		return e;
	e = &t->each[0];
	for (size_t i = 0; i < COUNT(t->each); i++)
		if (!t->each[i].who[0] || (e->who[0] && t->each[i].last < e->last))
			e = &t->each[i];
	*e = (struct throttle_entry){0};
	snprintf(e->who, sizeof(e->who), "%s", key);
	return e;
}

static void count(struct throttle_entry *e, int allowed, msec now)
{
	msec wait = THROTTLE_FIRST_MS;

	e->wrong++;
	e->last = now;
	for (int i = allowed; i < e->wrong && wait < THROTTLE_MOST_MS; i++)
		wait *= 2;
	if (e->wrong >= allowed)
		e->locked_until = now + (wait < THROTTLE_MOST_MS ? wait : THROTTLE_MOST_MS);
}

msec throttle_wait(const struct throttle *t, const char *address, msec now)
{
	const struct throttle_entry *e;
	msec until = t->all.locked_until;
	char key[46];

	key_of(address, key);
	e = find(t, key);
	if (e && e->locked_until > until)
		until = e->locked_until;
	return until > now ? until - now : 0;
}

msec throttle_try(struct throttle *t, const char *address, msec now)
{
	msec wait = throttle_wait(t, address, now);
	char key[46];

	if (wait)
		return wait;
	key_of(address, key);
	count(entry_of(t, key), THROTTLE_TRIES, now);
	count(&t->all, THROTTLE_TRIES_ALL, now);
	return 0;
}

void throttle_right(struct throttle *t, const char *address)
{
	char key[46];

	key_of(address, key);
	*entry_of(t, key) = (struct throttle_entry){0};
	t->all = (struct throttle_entry){0};
}

static void take_back(struct throttle_entry *e)
{
	if (e->wrong > 0)
		e->wrong--;
	e->locked_until = 0;
}

void throttle_void(struct throttle *t, const char *address)
{
	char key[46];

	key_of(address, key);
	take_back(entry_of(t, key));
	take_back(&t->all);
}

int throttle_wrong(const struct throttle *t, const char *address)
{
	const struct throttle_entry *e;
	char key[46];

	key_of(address, key);
	e = find(t, key);
	return e ? e->wrong : 0;
}
