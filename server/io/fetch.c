#include "io/fetch.h"

#include "io/ca.h"
#include "io/netns.h"

#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define DEFAULT_CONNECT 3000
#define DEFAULT_TOTAL 10000
#define DEFAULT_MAX (8u * 1024 * 1024)
#define CANCEL_LOOK 100	 /* ms between looks at the cancel flag; the contract allows 200 */
#define QUIET_AFTER 2000 /* a stream that is silent for so long is looked at less often: */
#define QUIET_LOOK 500	 /* each look costs 100 us, and the stream of events is silent for days */
#define IDLE_LOOK 1000
#define KEPT_MAX                                                                                   \
	64L /* connections of one thread: to the engine, and to the nodes it asks often            \
	     */

/* A handle with its kept connections. One thread uses it, for one call at a time: a call made from
 * inside a stream's on_data gets a second one. */
struct lane {
	CURLM *multi;
	CURL *easy;
	struct lane *next;
};

/* One call. */
struct run {
	const struct fetch *f;
	struct fetch_answer *ret;
	CURL *easy;
	struct netns ns; /* where the socket is opened */
	char *url;
	struct curl_slist *resolve;
	msec started, heard;
	bool too_large, stopped, denied;
};

static pthread_key_t idle_lanes;

static void lane_free(struct lane *l)
{
	curl_easy_cleanup(l->easy);
	curl_multi_cleanup(l->multi);
	free(l);
}

static void lanes_free(void *list)
{
	for (struct lane *l = list, *next; l; l = next) {
		next = l->next;
		lane_free(l);
	}
}

void fetch_init(void)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) || pthread_key_create(&idle_lanes, lanes_free))
		abort(); /* nothing of this program can work without it */
}

void fetch_answer_free(struct fetch_answer *a)
{
	buf_free(&a->body);
	free(a->content_type);
	free(a->redirect);
	a->content_type = a->redirect = NULL;
	a->status = 0;
}

static struct lane *lane_take(void)
{
	struct lane *l = pthread_getspecific(idle_lanes);

	if (l) {
		pthread_setspecific(idle_lanes, l->next);
		return l;
	}
	l = xcalloc(1, sizeof(*l));
	l->multi = curl_multi_init();
	l->easy = curl_easy_init();
	if (!l->multi || !l->easy)
		abort(); /* out of memory */
	curl_multi_setopt(l->multi, CURLMOPT_MAXCONNECTS, KEPT_MAX);
	return l;
}

static void lane_give(struct lane **l)
{
	curl_multi_remove_handle((*l)->multi, (*l)->easy);
	curl_easy_reset((*l)->easy);
	(*l)->next = pthread_getspecific(idle_lanes);
	pthread_setspecific(idle_lanes, *l);
}

static void slist_free(struct curl_slist **s)
{
	curl_slist_free_all(*s);
}

/* Who is at the other end, for messages: never the path or the credentials of a URL. */
static void peer_name(const struct fetch *f, char *out, size_t size)
{
	const char *host = strstr(f->url, "://");
	const char *at;
	size_t len;

	if (f->unix_socket) {
		snprintf(out, size, "%s", f->unix_socket);
		return;
	}
	host = host ? host + 3 : f->url;
	len = strcspn(host, "/?#");
	at = memrchr(host, '@', len);
	if (at) {
		len -= (size_t)(at + 1 - host);
		host = at + 1;
	}
	snprintf(out, size, "%.*s", (int)(len < 100 ? len : 100), host);
}

/* ---- network namespaces ---- */

static int no_namespace(struct err *e, int pid)
{
	if (errno == EACCES || errno == EPERM)
		return err_set(e, ERR_UNAVAILABLE, "fetch.denied",
			"This program may not enter the network of process %d.", pid);
	return err_set(
		e, ERR_UNAVAILABLE, "fetch.refused", "Process %d is not there any more.", pid);
}

/* Leaves it closed when there is none to enter. */
static int find_namespace(struct run *r, struct err *e)
{
	return netns_open(r->f->netns_pid, &r->ns) ? no_namespace(e, r->f->netns_pid) : 0;
}

static void run_close(struct run *r)
{
	netns_close(&r->ns);
	curl_slist_free_all(r->resolve);
	free(r->url);
}

static curl_socket_t open_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *a)
{
	struct run *r = ctx;
	int fd = netns_socket(&r->ns, a->family, a->socktype, a->protocol);

	(void)purpose;
	r->denied = fd < 0 && (errno == EACCES || errno == EPERM);
	return fd < 0 ? CURL_SOCKET_BAD : fd;
}

/* ---- the call ---- */

static size_t on_body(char *data, size_t size, size_t n, void *ctx)
{
	struct run *r = ctx;
	long status = 0;

	n *= size;
	r->heard = clock_mono();
	curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &status);
	if (r->f->on_data && status / 100 == 2) {
		r->stopped = r->f->on_data(r->f->ctx, data, n) != 0;
		return r->stopped ? 0 : n;
	}
	buf_add(&r->ret->body, data, n);
	r->too_large = r->ret->body.overflow;
	return r->too_large ? 0 : n;
}

static size_t on_send(char *to, size_t size, size_t n, void *ctx)
{
	struct run *r = ctx;
	ssize_t got = r->f->read_body(r->f->body_ctx, to, size * n);

	r->heard = clock_mono();
	r->stopped = got < 0;
	return r->stopped ? CURL_READFUNC_ABORT : (size_t)got;
}

static void set_body(struct run *r)
{
	const struct fetch *f = r->f;

	curl_easy_setopt(r->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)f->body_len);
	if (!f->read_body) {
		curl_easy_setopt(r->easy, CURLOPT_POSTFIELDS, f->body ? f->body : "");
		return;
	}
	curl_easy_setopt(r->easy, CURLOPT_POST, 1L);
	curl_easy_setopt(r->easy, CURLOPT_READFUNCTION, on_send);
	curl_easy_setopt(r->easy, CURLOPT_READDATA, r);
}

static void set_method(struct run *r, bool keep)
{
	const struct fetch *f = r->f;
	CURL *c = r->easy;
	const char *method = f->method ? f->method : "GET";
	bool get = !strcmp(method, "GET");

	if (!strcmp(method, "HEAD")) {
		curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
	} else if (f->body || !strcmp(method, "POST") || !strcmp(method, "PUT")) {
		set_body(r); /* also without a body: servers want a Content-Length then */
	}
	if (!get)
		curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, method);
	/* On a kept connection that turns out dead libcurl asks again by itself, which only a GET
	 * bears; and a connection inside a container must never serve another one. */
	if (keep)
		return;
	if (!get || f->netns_pid > 0)
		curl_easy_setopt(c, CURLOPT_FRESH_CONNECT, 1L);
	if (f->netns_pid > 0)
		curl_easy_setopt(c, CURLOPT_FORBID_REUSE, 1L);
}

static void set_trust(CURL *c)
{
	struct ca ca = ca_find();

	curl_easy_setopt(c, CURLOPT_CAINFO, ca.file);
	curl_easy_setopt(c, CURLOPT_CAPATH, ca.dir);
}

/* Connections are kept by host and port, which read the same in every container: here the
 * namespace becomes the host's name. (CURLOPT_CONNECT_TO is no way to do that: of connections to
 * one address a libcurl that was built without proxies does not compare the names, see
 * ConnectionExists in its url.c.) A name
 * with a plus leaves libcurl's memory again. True when the connection may be kept. */
static bool keep_apart(struct run *r)
{
	static const char local[] = "http://127.0.0.1:";
	const char *port = r->f->url + sizeof(local) - 1;
	unsigned long long id = r->ns.id;
	autofree char *place = NULL;

	if (!r->f->netns_keep || !id || strncmp(r->f->url, local, sizeof(local) - 1))
		return false;
	r->url = xasprintf("http://ns-%llu:%s", id, port);
	place = xasprintf("+ns-%llu:%.*s:127.0.0.1", id, (int)strcspn(port, "/"), port);
	r->resolve = curl_slist_append(NULL, place);
	curl_easy_setopt(r->easy, CURLOPT_RESOLVE, r->resolve);
	return true;
}

static void set_options(struct run *r)
{
	const struct fetch *f = r->f;
	CURL *c = r->easy;
	bool keep = keep_apart(r);

	curl_easy_setopt(c, CURLOPT_URL, r->url ? r->url : f->url);
	if (f->unix_socket)
		curl_easy_setopt(c, CURLOPT_UNIX_SOCKET_PATH, f->unix_socket);
	set_method(r, keep);
	if (!strncmp(f->url, "https:", 6))
		set_trust(c);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	if (f->any_certificate) {
		curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 0L);
	}
	curl_easy_setopt(c, CURLOPT_PROXY, ""); /* none from the environment */
	curl_easy_setopt(c, CURLOPT_USERAGENT, "ethstation");
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	/* do not wait for a slow name server when a call is over */
	curl_easy_setopt(c, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(c, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS,
		(long)(f->connect_ms ? f->connect_ms : DEFAULT_CONNECT));
	curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, r);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, r);
}

/* A stream on which nothing has come for a while. */
static bool is_quiet(const struct run *r)
{
	return r->f->total_ms < 0 && clock_mono() - r->heard > QUIET_AFTER;
}

/* Ms until somebody has to look at the clock, the cancel flag or the reader; 0 = the time is over.
 */
static msec patience(const struct run *r)
{
	msec now = clock_mono();
	msec total = r->f->total_ms ? r->f->total_ms : DEFAULT_TOTAL;
	msec wait = IDLE_LOOK;
	msec left;

	if (is_quiet(r))
		wait = QUIET_LOOK;
	else if (r->f->cancel)
		wait = CANCEL_LOOK;
	if (total > 0) {
		left = r->started + total - now;
		wait = left < wait ? left : wait;
	}
	if (r->f->silence_ms > 0) {
		left = r->heard + r->f->silence_ms - now;
		wait = left < wait ? left : wait;
	}
	return wait > 0 ? wait : 0;
}

static CURLcode result_of(CURLM *multi)
{
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(multi, &left)))
		if (m->msg == CURLMSG_DONE)
			return m->data.result;
	return CURLE_FAILED_INIT;
}

/* The caller no longer wants the answer. */
static bool is_left(const struct run *r)
{
	const struct fetch *f = r->f;

	return (f->cancel && atomic_load(f->cancel)) ||
	       (f->on_data && is_quiet(r) && f->on_data(f->ctx, "", 0));
}

static CURLcode drive(struct lane *l, struct run *r)
{
	int running = 1;
	msec wait;

	if (curl_multi_add_handle(l->multi, l->easy))
		return CURLE_FAILED_INIT;
	for (;;) {
		if (is_left(r)) {
			r->stopped = true;
			return CURLE_ABORTED_BY_CALLBACK;
		}
		if (curl_multi_perform(l->multi, &running))
			return CURLE_FAILED_INIT;
		if (!running)
			return result_of(l->multi);
		wait = patience(r);
		if (!wait)
			return CURLE_OPERATION_TIMEDOUT;
		curl_multi_poll(l->multi, NULL, 0, (int)wait, NULL);
	}
}

/* ---- what went wrong ---- */

static int not_connected(const struct run *r, const char *peer, struct err *e)
{
	long os_errno = 0;

	curl_easy_getinfo(r->easy, CURLINFO_OS_ERRNO, &os_errno);
	if (r->denied || os_errno == EACCES || os_errno == EPERM)
		return err_set(e, ERR_UNAVAILABLE, "fetch.denied",
			"This program may not connect to %s.", peer);
	if (os_errno == ETIMEDOUT)
		return err_set(e, ERR_UNAVAILABLE, "fetch.timeout", "%s did not answer.", peer);
	return err_set(e, ERR_UNAVAILABLE, "fetch.refused", "Nobody answers at %s.", peer);
}

static bool is_tls(CURLcode rc)
{
	static const CURLcode codes[] = {CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION,
		CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER, CURLE_SSL_CACERT_BADFILE,
		CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_ENGINE_INITFAILED};

	for (size_t i = 0; i < COUNT(codes); i++)
		if (codes[i] == rc)
			return true;
	return false;
}

static bool is_broken(CURLcode rc)
{
	static const CURLcode codes[] = {CURLE_PARTIAL_FILE, CURLE_RECV_ERROR, CURLE_SEND_ERROR,
		CURLE_GOT_NOTHING, CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING,
		/* with the scheme checked before: the answer does not begin like HTTP */
		CURLE_UNSUPPORTED_PROTOCOL};

	for (size_t i = 0; i < COUNT(codes); i++)
		if (codes[i] == rc)
			return true;
	return false;
}

static int explain(const struct run *r, CURLcode rc, struct err *e)
{
	char peer[120];

	peer_name(r->f, peer, sizeof(peer));
	if (r->stopped)
		return err_set(e, ERR_CONFLICT, "fetch.cancelled", "The call was cancelled.");
	if (r->too_large)
		return err_set(e, ERR_UNAVAILABLE, "fetch.too_large",
			"The answer of %s is longer than %zu bytes.", peer, r->ret->body.cap);
	if (rc == CURLE_COULDNT_CONNECT)
		return not_connected(r, peer, e);
	if (rc == CURLE_OPERATION_TIMEDOUT)
		return err_set(
			e, ERR_UNAVAILABLE, "fetch.timeout", "%s did not answer in time.", peer);
	if (rc == CURLE_COULDNT_RESOLVE_HOST)
		return err_set(e, ERR_UNAVAILABLE, "fetch.dns",
			"The name %s cannot be found in the network.", peer);
	if (is_tls(rc))
		return err_set(e, ERR_UNAVAILABLE, "fetch.tls", "No trusted connection to %s: %s.",
			peer, curl_easy_strerror(rc));
	if (is_broken(rc))
		return err_set(e, ERR_UNAVAILABLE, "fetch.broken",
			"%s broke off in the middle: %s.", peer, curl_easy_strerror(rc));
	return err_set(e, ERR_INTERNAL, "fetch.failed", "The call to %s failed: %s.", peer,
		curl_easy_strerror(rc));
}

static int check(const struct fetch *f, struct err *e)
{
	if (strncmp(f->url, "http://", 7) && strncmp(f->url, "https://", 8))
		return err_set(e, ERR_INPUT, "fetch.failed", "Only http and https are spoken.");
	if (f->any_certificate && strncmp(f->url, "https://127.0.0.1:", 18))
		return err_set(e, ERR_INTERNAL, "fetch.failed",
			"Only this machine itself is believed without a certificate.");
	if (f->unix_socket && strlen(f->unix_socket) >= sizeof(((struct sockaddr_un *)0)->sun_path))
		return err_set(e, ERR_INPUT, "fetch.failed",
			"The path of the socket is too long: %.100s…", f->unix_socket);
	for (const char *const *h = f->headers; h && *h; h++)
		if (strpbrk(*h, "\r\n"))
			return err_set(e, ERR_INPUT, "fetch.failed", "A header has a line break.");
	return 0;
}

static struct curl_slist *header_list(const struct fetch *f)
{
	struct curl_slist *list = curl_slist_append(NULL, "Expect:"); /* no 100-continue */

	for (const char *const *h = f->headers; h && *h; h++)
		list = curl_slist_append(list, *h);
	return list;
}

int fetch_run(const struct fetch *f, struct fetch_answer *ret, struct err *e)
{
	cleanup(run_close) struct run r = {
		.f = f, .ret = ret, .ns = NETNS_NONE, .started = clock_mono()};
	cleanup(slist_free) struct curl_slist *headers = NULL;
	cleanup(lane_give) struct lane *lane = lane_take();
	const char *type = NULL, *redirect = NULL;
	long status = 0;
	CURLcode rc;

	r.easy = lane->easy;
	r.heard = r.started;
	ret->body.cap = f->max_bytes ? f->max_bytes : DEFAULT_MAX;
	if (check(f, e) || (f->netns_pid > 0 && find_namespace(&r, e)))
		return -1;
	headers = header_list(f);
	set_options(&r);
	curl_easy_setopt(r.easy, CURLOPT_HTTPHEADER, headers);
	rc = drive(lane, &r);
	curl_easy_getinfo(r.easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(r.easy, CURLINFO_CONTENT_TYPE, &type);
	ret->status = (int)status;
	ret->content_type = xstrdup(type);
	curl_easy_getinfo(r.easy, CURLINFO_REDIRECT_URL, &redirect);
	ret->redirect = xstrdup(redirect);
	if (rc == CURLE_OK)
		return 0;
	return explain(&r, rc, e);
}
