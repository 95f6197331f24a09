/* Who is signed in to QTS: the question to authLogin.cgi and its answer. */
#include "io/qnap_priv.h"

#include "io/fetch.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_PORT 8080
#define REPLY_CAP (64 * 1024)
#define PATIENCE_MS 5000
#define DEPTH 16

/* ---- the answer ---- */

struct xml {
	const char *at, *end;
	struct slice {
		const char *text;
		size_t len;
	} open[DEPTH]; /* names of the elements that are open */
	size_t depth;
};

static void skip_blanks(struct xml *x)
{
	while (x->at < x->end && isspace((unsigned char)*x->at))
		x->at++;
}

static bool starts(const struct xml *x, const char *with)
{
	size_t len = strlen(with);

	return (size_t)(x->end - x->at) >= len && !memcmp(x->at, with, len);
}

static const char *find(const struct xml *x, const char *what)
{
	return memmem(x->at, (size_t)(x->end - x->at), what, strlen(what));
}

static bool is_name(const struct slice *s, const char *name)
{
	return s->len == strlen(name) && !memcmp(s->text, name, s->len);
}

static struct slice take_name(struct xml *x)
{
	struct slice s = {x->at, 0};

	while (x->at < x->end && (isalnum((unsigned char)*x->at) || strchr("_-.", *x->at)) &&
		*x->at)
		x->at++;
	s.len = (size_t)(x->at - s.text);
	return s;
}

/* "<name …>" or "<name …/>", the cursor behind the "<"; 1 = opened, 0 = empty element. */
static int open_element(struct xml *x)
{
	struct slice name = take_name(x);
	const char *close = find(x, ">");

	if (!name.len || !close || memchr(x->at, '<', (size_t)(close - x->at)) || x->depth == DEPTH)
		return -1;
	x->at = close + 1;
	if (close[-1] == '/')
		return 0;
	x->open[x->depth++] = name;
	return 1;
}

static int close_element(struct xml *x)
{
	struct slice name = take_name(x), *top;

	if (!x->depth)
		return -1;
	top = &x->open[--x->depth];
	if (name.len != top->len || memcmp(name.text, top->text, name.len))
		return -1;
	skip_blanks(x);
	if (!starts(x, ">"))
		return -1;
	x->at++;
	return 0;
}

/* What stands directly in an element: one CDATA section, or plain text without references. */
static int take_text(struct xml *x, struct slice *ret)
{
	static const char cdata[] = "<![CDATA[";
	const char *end;

	if (starts(x, cdata)) {
		x->at += sizeof(cdata) - 1;
		end = find(x, "]]>");
	} else {
		/* a comment or a document type is nothing that QTS sends */
		end = starts(x, "<") ? NULL : find(x, "<");
	}
	if (!end)
		return -1;
	*ret = (struct slice){x->at, (size_t)(end - x->at)};
	x->at = *end == ']' ? end + 3 : end;
	return 0;
}

struct answer {
	struct slice passed, admin, user;
};

/* The text belongs to the innermost open element; only those directly below the root count, and
 * each of them once. */
static int keep(const struct xml *x, struct slice text, struct answer *a)
{
	const struct slice *name = &x->open[x->depth - 1];
	struct slice *into = is_name(name, "authPassed") ? &a->passed
			     : is_name(name, "isAdmin")	 ? &a->admin
			     : is_name(name, "username") ? &a->user
							 : NULL;

	if (x->depth != 2 || !into)
		return 0;
	if (into->text)
		return -1;
	*into = text;
	return 0;
}

static bool is_blank(struct slice s)
{
	while (s.len && isspace((unsigned char)s.text[s.len - 1]))
		s.len--;
	return !s.len;
}

static int inside(struct xml *x, struct answer *a)
{
	struct slice text;
	bool cdata;

	while (x->depth) {
		if (starts(x, "</")) {
			x->at += 2;
			if (close_element(x))
				return -1;
		} else if (starts(x, "<") && !starts(x, "<!")) {
			x->at++;
			if (open_element(x) < 0)
				return -1;
		} else {
			cdata = starts(x, "<");
			if (take_text(x, &text) || ((cdata || !is_blank(text)) && keep(x, text, a)))
				return -1;
		}
	}
	return 0;
}

static int read_document(struct xml *x, struct answer *a)
{
	const char *end;

	skip_blanks(x);
	if (starts(x, "<?xml")) {
		end = find(x, "?>");
		if (!end)
			return -1;
		x->at = end + 2;
		skip_blanks(x);
	}
	if (!starts(x, "<"))
		return -1;
	x->at++;
	if (open_element(x) != 1 || !is_name(&x->open[0], "QDocRoot") || inside(x, a))
		return -1;
	skip_blanks(x);
	return x->at == x->end ? 0 : -1;
}

/* "1" or "0"; nothing = 0. */
static int flag(struct slice s, bool *ret)
{
	if (s.len > 1 || (s.len && *s.text != '0' && *s.text != '1'))
		return -1;
	*ret = s.len && *s.text == '1';
	return 0;
}

static int user_name(struct slice s, char ret[QNAP_USER])
{
	if (s.len >= QNAP_USER)
		return -1;
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.text[i] < 0x20 || s.text[i] == 0x7f)
			return -1;
	if (s.len)
		memcpy(ret, s.text, s.len);
	ret[s.len] = '\0';
	return 0;
}

int qnap_parse_reply(const char *xml, size_t len, struct qnap_person *ret, struct err *e)
{
	struct xml x = {.at = xml, .end = xml + len};
	struct answer a = {0};
	struct qnap_person p = {0};

	if (memchr(xml, '\0', len) || read_document(&x, &a) || !a.passed.len ||
		flag(a.passed, &p.passed) || flag(a.admin, &p.admin) || user_name(a.user, p.user))
		return err_set(e, ERR_UNAVAILABLE, "qnap.reply",
			"The answer of QTS about a sign-in is not understood.");
	*ret = p;
	return 0;
}

/* ---- the question ---- */

static void put_encoded(struct buf *b, const char *key, const char *value)
{
	buf_printf(b, "%s%s=", b->len ? "&" : "", key);
	for (const char *c = value; *c; c++) {
		if (isalnum((unsigned char)*c) || strchr("-._~", *c))
			buf_add(b, c, 1);
		else
			buf_printf(b, "%%%02X", (unsigned char)*c);
	}
}

char *qnap_query(const struct qnap_cookies *c, const char *address)
{
	struct buf b = {0};

	if (c->token) {
		put_encoded(&b, "qtoken", c->token);
		put_encoded(&b, "user", c->user);
	} else {
		put_encoded(&b, "sid", c->sid);
	}
	put_encoded(&b, "remote_ip", address);
	return buf_take(&b);
}

int qnap_https_port(const char *url)
{
	const char *host = !strncmp(url, "https://", 8) ? url + 8 : NULL, *p;
	char *end;
	long port;

	if (!host)
		return 0;
	p = host + strcspn(host, "/?#");
	while (p > host && p[-1] != ':' && p[-1] != ']')
		p--;
	if (p == host || p[-1] != ':')
		return 443;
	port = strtol(p, &end, 10);
	return end > p && strchr("/?#", *end) && port > 0 && port < 65536 ? (int)port : 0;
}

static int web_port(const char *root)
{
	autobuf struct buf conf = {0};
	char value[8];
	long port = 0;
	char *end = value;

	qnap_read(root, "/etc/config/uLinux.conf", &conf);
	if (ini_get(conf.data, "System", "Web Access Port", value, sizeof(value)))
		port = strtol(value, &end, 10);
	return port > 0 && port < 65536 && !*end ? (int)port : DEFAULT_PORT;
}

static int ask(int port, bool tls, const char *query, struct fetch_answer *ret, struct err *e)
{
	autofree char *url = xasprintf(
		"http%s://127.0.0.1:%d/cgi-bin/authLogin.cgi?%s", tls ? "s" : "", port, query);
	/* its certificate is made for other names than this one, and we ask our own machine */
	struct fetch f = {.url = url,
		.any_certificate = tls,
		.connect_ms = PATIENCE_MS,
		.total_ms = PATIENCE_MS,
		.max_bytes = REPLY_CAP};
	struct err why;

	if (fetch_run(&f, ret, &why) == 0)
		return 0;
	return err_set(e, ERR_UNAVAILABLE, "qnap.silent",
		"QTS could not be asked about a sign-in on port %d: %s", port, why.message);
}

int qnap_who(const char *root, const struct qnap_cookies *c, const char *address,
	struct qnap_person *ret, struct err *e)
{
	autofree char *query = qnap_query(c, address);
	autoanswer struct fetch_answer first = {0}, second = {0};
	const struct fetch_answer *a = &first;
	int port;

	if (ask(web_port(root), false, query, &first, e))
		return -1;
	if (first.status / 100 == 3 && first.redirect) {
		port = qnap_https_port(first.redirect);
		if (port && ask(port, true, query, &second, e))
			return -1;
		a = port ? &second : &first;
	}
	if (a->status != 200)
		return err_set(e, ERR_UNAVAILABLE, "qnap.reply",
			"QTS answered %d to a question about a sign-in.", a->status);
	return qnap_parse_reply(a->body.data ? a->body.data : "", a->body.len, ret, e);
}
