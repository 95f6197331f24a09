/* Blocks, names, addresses, and the page's own feed. */
#include "domain/ethstats.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- blocks ---- */

/* "0x1f" as a number; -1 for anything else or beyond 63 bits. */
static int64_t small(const json_t *v)
{
	const char *s = json_string_value(v);
	int64_t n = 0;

	if (json_is_integer(v))
		return json_integer_value(v);
	if (!s || strncmp(s, "0x", 2) || !s[2] || strlen(s) > 17)
		return -1;
	for (s += 2; *s; s++) {
		if (!isxdigit((unsigned char)*s))
			return -1;
		n = n << 4 | (isdigit((unsigned char)*s) ? *s - '0' : (*s | 32) - 'a' + 10);
	}
	return n;
}

/* Of any length: the total difficulty of a proof-of-authority chain passes 2^128. Digits are kept
 * in reverse. "0" for what is no quantity. */
static json_t *decimal(const json_t *v)
{
	const char *hex = json_string_value(v);
	char digits[200] = {0}, text[201];
	size_t n = 1;

	if (json_is_integer(v))
		return json_sprintf("%lld", (long long)json_integer_value(v));
	if (!hex || strncmp(hex, "0x", 2) || strlen(hex) > 162 ||
		strspn(hex + 2, "0123456789abcdefABCDEF") < strlen(hex + 2))
		return json_string("0");
	for (hex += 2; *hex; hex++) {
		int carry = isdigit((unsigned char)*hex) ? *hex - '0' : (*hex | 32) - 'a' + 10;

		for (size_t i = 0; i < n; i++) {
			carry += digits[i] * 16;
			digits[i] = (char)(carry % 10);
			carry /= 10;
		}
		for (; carry; carry /= 10)
			digits[n++] = (char)(carry % 10);
	}
	for (size_t i = 0; i < n; i++)
		text[i] = (char)('0' + digits[n - 1 - i]);
	return json_stringn(text, n);
}

#define TXS_MAX 5000 /* a block has hundreds; the page needs their number for a chart */

/* [{"hash": …}, …], whether the node gave hashes or whole transactions. */
static json_t *transactions(const json_t *list)
{
	json_t *out = json_array();

	for (size_t i = 0; i < json_array_size(list) && i < TXS_MAX; i++) {
		const json_t *tx = json_array_get(list, i);
		const char *hash =
			json_is_string(tx) ? json_string_value(tx) : json_str(tx, "hash", "");
		json_t *one = json_object();

		json_put_str(one, "hash", hash);
		json_array_append_new(out, one);
	}
	return out;
}

static void put_number(json_t *out, const char *key, const json_t *block)
{
	int64_t n = small(json_object_get(block, key));

	json_put_int(out, key, n > 0 ? n : 0);
}

json_t *ethstats_block(const json_t *b)
{
	int64_t number = small(json_object_get(b, "number"));
	const char *hash = json_str(b, "hash", NULL);
	json_t *uncles = json_arr(b, "uncles"), *j;

	if (number < 0 || !hash)
		return NULL;
	j = json_object();
	json_put_int(j, "number", number);
	json_put_str(j, "hash", hash);
	json_put_str(j, "parentHash", json_str(b, "parentHash", ""));
	put_number(j, "timestamp", b);
	json_put_str(j, "miner", json_str(b, "miner", json_str(b, "author", "")));
	put_number(j, "gasUsed", b);
	put_number(j, "gasLimit", b);
	json_put(j, "difficulty", decimal(json_object_get(b, "difficulty")));
	json_put(j, "totalDifficulty", decimal(json_object_get(b, "totalDifficulty")));
	json_put(j, "transactions", transactions(json_arr(b, "transactions")));
	json_put_str(j, "transactionsRoot", json_str(b, "transactionsRoot", ""));
	json_put_str(j, "stateRoot", json_str(b, "stateRoot", ""));
	json_put(j, "uncles", uncles ? json_incref(uncles) : json_array());
	return j;
}

/* ---- names ---- */

enum kind { BREAK, LOWER, UPPER, DIGIT };

/* Letters beyond ASCII have no case here and stay as they are. */
static enum kind kind_of(char c)
{
	unsigned char u = (unsigned char)c;

	return u >= 0x80 || islower(u) ? LOWER : isupper(u) ? UPPER : isdigit(u) ? DIGIT : BREAK;
}

static size_t run(const char *s, enum kind k)
{
	size_t n = 0;

	while (s[n] && kind_of(s[n]) == k)
		n++;
	return n;
}

/* "1st", "22nd", "13th" are one word. */
static size_t ordinal(const char *s, size_t digits)
{
	static const char *const ends[] = {"st", "nd", "rd", "th"};
	char last = s[digits - 1];
	bool upper = kind_of(s[digits]) == UPPER;
	char a = s[digits], b = a ? s[digits + 1] : '\0';
	enum kind next = b ? kind_of(s[digits + 2]) : BREAK;

	for (size_t i = 0; i < COUNT(ends); i++) {
		bool digit_fits = i == 3 ? !strchr("123", last) : last == '1' + (char)i;

		if (!digit_fits || (a | 32) != ends[i][0] || (b | 32) != ends[i][1])
			continue;
		if (kind_of(a) == kind_of(b) &&
			(upper ? next != UPPER && next != DIGIT : next != LOWER && next != DIGIT))
			return digits + 2;
	}
	return 0;
}

/* Length of the word that s begins with. */
static size_t word(const char *s)
{
	size_t n, ord;

	if (kind_of(*s) == DIGIT) {
		n = run(s, DIGIT);
		ord = ordinal(s, n);
		return ord ? ord : n;
	}
	if (kind_of(*s) == LOWER)
		return run(s, LOWER);
	n = run(s, UPPER);
	if (s[n] && kind_of(s[n]) == LOWER) /* XMLHttp: the last capital begins the next word */
		return n > 1 ? n - 1 : 1 + run(s + 1, LOWER);
	return n;
}

/* U+00C0 to U+00FF as plain letters; blank = a sign, not a letter. */
static const char *const LATIN1[64] = {"A", "A", "A", "A", "A", "A", "Ae", "C", "E", "E", "E", "E",
	"I", "I", "I", "I", "D", "N", "O", "O", "O", "O", "O", " ", "O", "U", "U", "U", "U", "Y",
	"Th", "ss", "a", "a", "a", "a", "a", "a", "ae", "c", "e", "e", "e", "e", "i", "i", "i", "i",
	"d", "n", "o", "o", "o", "o", "o", " ", "o", "u", "u", "u", "u", "y", "th", "y"};

/* Without apostrophes and accents. */
static void plain(const char *name, char ret[ETHSTATS_NAME_MAX])
{
	size_t n = 0;

	for (const char *c = name; *c && n + 3 < ETHSTATS_NAME_MAX; c++) {
		unsigned char next = (unsigned char)c[1];

		if (*c == '\'')
			continue;
		if (*c != '\xc3' || (next & 0xc0) != 0x80) {
			ret[n++] = *c;
			continue;
		}
		for (const char *l = LATIN1[next & 0x3f]; *l; l++)
			ret[n++] = *l;
		c++;
	}
	ret[n] = '\0';
}

void ethstats_camel(const char *name, char ret[ETHSTATS_NAME_MAX])
{
	char clean[ETHSTATS_NAME_MAX];
	size_t len = 0, n;

	plain(name, clean);
	for (const char *s = clean; *s; s += n) {
		bool first = len == 0;

		n = 1;
		if (kind_of(*s) == BREAK)
			continue;
		n = word(s);
		for (size_t i = 0; i < n; i++)
			ret[len++] = (char)(!first && i == 0 ? toupper((unsigned char)s[i])
							     : tolower((unsigned char)s[i]));
	}
	ret[len] = '\0';
	if (!len)
		snprintf(ret, ETHSTATS_NAME_MAX, "%s", name);
}

/* ---- addresses ---- */

static const char *after_scheme(const char *server)
{
	const char *sep = strstr(server, "://");

	return sep ? sep + 3 : server;
}

void ethstats_address(const char *server, bool *ret_either, bool *ret_tls)
{
	*ret_either = !strstr(server, "://");
	*ret_tls = *ret_either || !strncmp(server, "wss:", 4);
}

char *ethstats_url(const char *server, bool tls, bool feed)
{
	const char *rest = after_scheme(server);
	size_t len = strlen(rest);

	while (len && rest[len - 1] == '/')
		len--;
	if (len > 4 && !strncmp(rest + len - 4, "/api", 4))
		len -= 4;
	return xasprintf(
		"%s://%.*s%s", tls ? "https" : "http", (int)len, rest, feed ? "/primus" : "/api");
}

int ethstats_port(const char *server, bool tls)
{
	const char *host = after_scheme(server);
	size_t len = strcspn(host, "/?#");
	const char *colon = memrchr(host, ':', len);
	int port = 0;

	if (colon && !memchr(colon, ']', len - (size_t)(colon - host)))
		port = atoi(colon + 1);
	return port > 0 && port < 65536 ? port : tls ? 443 : 80;
}

/* ---- the page ---- */

void ethstats_look(const char *text, size_t len, const char *id, struct ethstats_seen *ret)
{
	static const char init[] = "{\"emit\":[\"init\"";
	autojson json_t *quoted = json_string(id), *node = NULL;
	autofree char *name = json_text(quoted);
	autofree char *mark = xasprintf("{\"id\":%s,", name);
	const char *at;

	*ret = (struct ethstats_seen){.block = -1};
	ret->feed = len > sizeof(init) && !strncmp(text, init, sizeof(init) - 1);
	/* a quote inside of a text is escaped: the mark is found at a node's beginning only */
	at = ret->feed ? memmem(text, len, mark, strlen(mark)) : NULL;
	if (!at)
		return;
	if (json_parse_first(at, len - (size_t)(at - text), &node, NULL))
		return;
	ret->listed = true;
	ret->active = json_is_true(json_at(node, "stats", "active", NULL));
	ret->block = small(json_at(node, "stats", "block", "number", NULL));
}
