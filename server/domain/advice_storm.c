/* The storm card: what left what is usual for this node, by how much, and since when. */
#include "domain/advice_priv.h"

#include "base/buf.h"
#include "domain/words.h"

/* Begins, or goes on with, the list of what is out. */
static void join(struct buf *b, int n)
{
	buf_printf(b, "%s", n ? "; " : "");
}

static void say_signs(struct buf *b, const struct storm_sign sign[STORM_SIGNS])
{
	const struct storm_sign *blocks = &sign[STORM_BLOCKS], *memory = &sign[STORM_MEMORY],
				*peers = &sign[STORM_PEERS];
	char now[WORDS_MAX], usual[WORDS_MAX];
	int n = 0;

	if (blocks->out) {
		join(b, n++);
		buf_printf(b, "a block takes %s, usually %s",
			words_seconds((int64_t)(blocks->now + 0.5), now),
			words_seconds((int64_t)(blocks->usual + 0.5), usual));
	}
	if (memory->out) {
		join(b, n++);
		buf_printf(b, "it takes %s more memory each minute, usually %s",
			words_gib((int64_t)memory->now, now),
			words_gib((int64_t)(memory->usual > 0 ? memory->usual : 0), usual));
	}
	if (peers->out) {
		join(b, n++);
		buf_printf(b, "it has %.0f peers, usually %.0f", peers->now, peers->usual);
	}
	if (!n)
		buf_printf(b, "it calms down just now");
}

void storm_finding(struct finder *f, const struct service_facts *x, const char *title)
{
	autobuf struct buf b = {0};
	char age[WORDS_MAX];
	json_t *j;

	if (!x->storm.on)
		return;
	say_signs(&b, x->storm.sign);
	words_seconds(f->in->now > x->storm.since ? (f->in->now - x->storm.since) / 1000 : 0, age);
	j = finding_add(f, "warn", "node.storm", x->stack, x->service,
		"%s has not been as usual for %s: %s.", title, age, b.data);
	json_put_int(j, "at", x->storm.since);
	finding_link(j, "See its memory", true, "limits");
	finding_link(j, "Look for a newer version", false, "upgrades");
}
