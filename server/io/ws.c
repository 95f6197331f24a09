#include "io/ws.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <wslay/wslay.h>

#include "io/ca.h"
#include "io/netns.h"
#include "io/ws_priv.h"

#define CONNECT_MS 10000L
#define HEAD_MAX 8192
#define DEFAULT_MAX (64u * 1024)
#define QUEUE_MAX (1024u * 1024)
#define READS_MAX 64 /* of 4 KiB in one turn: the others want theirs too */

enum phase { TO_CONNECT, TO_UPGRADE, TALKING, OVER };

struct ws_hub {
	CURLM *multi;
	struct ws *first;
};

struct ws {
	struct ws_hub *hub;
	struct ws *next;
	enum phase phase;
	CURL *easy;
	struct netns ns; /* where its socket is made */
	char error[CURL_ERROR_SIZE];
	char host[120], key[WS_KEY];
	size_t max_bytes;
	void (*on_text)(void *ctx, const char *text, size_t len);
	void *ctx;
	char *request; /* of the upgrade; what is left of it begins at `asked` */
	size_t asked;
	struct buf head; /* the answer; then frames that came with it, from `taken` on */
	size_t taken;
	wslay_event_context_ptr wslay;
	struct buf text; /* the message being received */
	bool control;	 /* the frame being received is a ping, pong or close */
	int reads;
	bool eof;
	struct err why;
};

struct ws_hub *ws_hub_new(void)
{
	struct ws_hub *h = xcalloc(1, sizeof(*h));

	h->multi = curl_multi_init();
	if (!h->multi)
		abort(); /* out of memory */
	return h;
}

void ws_hub_free(struct ws_hub *h)
{
	if (!h)
		return;
	curl_multi_cleanup(h->multi);
	free(h);
}

void ws_hub_wake(struct ws_hub *h)
{
	curl_multi_wakeup(h->multi);
}

/* ---- the end ---- */

static void end(struct ws *w, const struct err *why)
{
	if (w->phase == OVER)
		return;
	w->phase = OVER;
	w->why = *why;
}

static void end_as(struct ws *w, const char *code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
static void end_as(struct ws *w, const char *code, const char *fmt, ...)
{
	struct err why = {.kind = ERR_UNAVAILABLE};
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why.message, sizeof(why.message), fmt, ap);
	va_end(ap);
	snprintf(why.code, sizeof(why.code), "%s", code);
	end(w, &why);
}

static const char *detail(const struct ws *w, CURLcode rc)
{
	return *w->error ? w->error : curl_easy_strerror(rc);
}

static void not_connected(struct ws *w, CURLcode rc)
{
	switch (rc) {
	case CURLE_COULDNT_RESOLVE_HOST:
		end_as(w, "ws.dns", "The name %s cannot be found in the network.", w->host);
		return;
	case CURLE_OPERATION_TIMEDOUT:
		end_as(w, "ws.timeout", "%s did not answer in time.", w->host);
		return;
	case CURLE_COULDNT_CONNECT:
		end_as(w, "ws.refused", "Nobody answers at %s.", w->host);
		return;
	case CURLE_URL_MALFORMAT:
	case CURLE_UNSUPPORTED_PROTOCOL:
		end_as(w, "ws.address", "%s is no address.", w->host);
		return;
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_CIPHER:
		end_as(w, "ws.tls", "No trusted connection to %s: %.200s.", w->host, detail(w, rc));
		return;
	default:
		end_as(w, "ws.broken", "No connection to %s: %.200s.", w->host, detail(w, rc));
	}
}

static void too_large(struct ws *w)
{
	end_as(w, "ws.too_large", "%s sent a message of more than %zu bytes.", w->host,
		w->max_bytes);
}

/* ---- bytes ---- */

/* Bytes, 0 at the end, -1 = nothing now, -2 = broken (and said so). */
static ssize_t moved(struct ws *w, CURLcode rc, size_t n)
{
	if (rc == CURLE_OK)
		return (ssize_t)n;
	if (rc == CURLE_AGAIN)
		return -1;
	end_as(w, "ws.broken", "%s broke off the connection.", w->host);
	return -2;
}

static ssize_t receive(struct ws *w, void *buf, size_t len)
{
	size_t n = 0;
	CURLcode rc = curl_easy_recv(w->easy, buf, len, &n);

	return moved(w, rc, n);
}

static ssize_t transmit(struct ws *w, const void *buf, size_t len)
{
	size_t n = 0;
	CURLcode rc = curl_easy_send(w->easy, buf, len, &n);

	return moved(w, rc, n);
}

/* ---- libwslay's questions ---- */

static ssize_t on_recv(wslay_event_context_ptr ctx, uint8_t *buf, size_t len, int flags, void *user)
{
	struct ws *w = user;
	size_t left = w->head.len - w->taken;
	ssize_t n = -1;

	(void)flags;
	if (left) { /* came in one piece with the upgrade's answer */
		n = (ssize_t)(left < len ? left : len);
		memcpy(buf, w->head.data + w->taken, (size_t)n);
		w->taken += (size_t)n;
		return n;
	}
	if (w->reads++ < READS_MAX)
		n = receive(w, buf, len);
	w->eof = w->eof || n == 0;
	if (n > 0)
		return n;
	wslay_event_set_error(ctx, n == -1 ? WSLAY_ERR_WOULDBLOCK : WSLAY_ERR_CALLBACK_FAILURE);
	return -1;
}

static ssize_t on_send(
	wslay_event_context_ptr ctx, const uint8_t *buf, size_t len, int flags, void *user)
{
	ssize_t n = transmit(user, buf, len);

	(void)flags;
	if (n >= 0)
		return n;
	wslay_event_set_error(ctx, n == -1 ? WSLAY_ERR_WOULDBLOCK : WSLAY_ERR_CALLBACK_FAILURE);
	return -1;
}

static int on_mask(wslay_event_context_ptr ctx, uint8_t *buf, size_t len, void *user)
{
	(void)ctx;
	(void)user;
	crypto_random(buf, len);
	return 0;
}

static void on_frame(wslay_event_context_ptr ctx,
	const struct wslay_event_on_frame_recv_start_arg *arg, void *user)
{
	(void)ctx;
	((struct ws *)user)->control = wslay_is_ctrl_frame(arg->opcode);
}

/* A ping may come between the fragments of a message. */
static void on_chunk(wslay_event_context_ptr ctx,
	const struct wslay_event_on_frame_recv_chunk_arg *arg, void *user)
{
	struct ws *w = user;

	if (w->control)
		return;
	buf_add(&w->text, arg->data, arg->data_length);
	if (!w->text.overflow || w->phase == OVER)
		return;
	/* libwslay judges single frames; the sum of a message's fragments is ours to watch */
	wslay_event_queue_close(ctx, WSLAY_CODE_MESSAGE_TOO_BIG, NULL, 0);
	too_large(w);
}

static void on_message(
	wslay_event_context_ptr ctx, const struct wslay_event_on_msg_recv_arg *arg, void *user)
{
	struct ws *w = user;

	(void)ctx;
	if (wslay_is_ctrl_frame(arg->opcode))
		return;
	if (arg->opcode == WSLAY_TEXT_FRAME && w->text.len && w->phase == TALKING)
		w->on_text(w->ctx, w->text.data, w->text.len);
	if (w->text.size > DEFAULT_MAX)
		buf_free(&w->text);
	else
		buf_reset(&w->text);
}

static void begin_talking(struct ws *w)
{
	static const struct wslay_event_callbacks callbacks = {
		.recv_callback = on_recv,
		.send_callback = on_send,
		.genmask_callback = on_mask,
		.on_frame_recv_start_callback = on_frame,
		.on_frame_recv_chunk_callback = on_chunk,
		.on_msg_recv_callback = on_message,
	};

	if (wslay_event_context_client_init(&w->wslay, &callbacks, w))
		abort(); /* out of memory */
	wslay_event_config_set_no_buffering(w->wslay, 1);
	wslay_event_config_set_max_recv_msg_length(w->wslay, w->max_bytes);
	w->phase = TALKING;
}

/* ---- the upgrade ---- */

static void ask(struct ws *w)
{
	size_t len = strlen(w->request);

	while (w->asked < len) {
		ssize_t n = transmit(w, w->request + w->asked, len - w->asked);

		if (n < 0)
			return;
		w->asked += (size_t)n;
	}
}

static void answer(struct ws *w)
{
	char piece[1024];
	struct err e = {0};
	const char *stop;
	ssize_t n;

	while (!(stop = w->head.data ? strstr(w->head.data, "\r\n\r\n") : NULL)) {
		n = receive(w, piece, sizeof(piece));
		if (n == -1 || n == -2)
			return;
		if (n == 0 || w->head.len + (size_t)n > HEAD_MAX) {
			end_as(w, "ws.broken", "%s does not speak WebSocket.", w->host);
			return;
		}
		buf_add(&w->head, piece, (size_t)n);
	}
	w->taken = (size_t)(stop + 4 - w->head.data);
	if (upgrade_check(w->head.data, w->key, w->host, &e))
		end(w, &e);
	else
		begin_talking(w);
}

/* ---- one turn ---- */

static void said_goodbye(struct ws *w)
{
	uint16_t code = wslay_event_get_status_code_received(w->wslay);

	if (code == WSLAY_CODE_ABNORMAL_CLOSURE || code == WSLAY_CODE_NO_STATUS_RCVD || !code)
		end_as(w, "ws.closed", "%s closed the connection.", w->host);
	else
		end_as(w, "ws.closed", "%s closed the connection (code %u).", w->host, code);
}

static void broken(struct ws *w)
{
	uint16_t code = wslay_event_get_status_code_sent(w->wslay);

	if (code == WSLAY_CODE_MESSAGE_TOO_BIG)
		too_large(w);
	else if (w->eof)
		end_as(w, "ws.broken", "%s broke off the connection.", w->host);
	else
		end_as(w, "ws.broken", "%s sent what is no WebSocket.", w->host);
}

static void talk(struct ws *w)
{
	bool failed;

	w->reads = 0;
	failed = wslay_event_recv(w->wslay) != 0;
	if (wslay_event_get_close_received(w->wslay))
		said_goodbye(w); /* then the echo may well fail */
	failed = wslay_event_send(w->wslay) || failed;
	if (w->phase == OVER)
		return;
	if (failed || !wslay_event_get_read_enabled(w->wslay))
		broken(w);
	else if (wslay_event_get_queued_msg_length(w->wslay) > QUEUE_MAX)
		end_as(w, "ws.stuck", "%s does not read what is sent.", w->host);
}

enum ws_state ws_run(struct ws *w, struct err *e)
{
	if (w->phase == TO_UPGRADE) {
		ask(w);
		if (w->phase == TO_UPGRADE)
			answer(w);
	}
	if (w->phase == TALKING)
		talk(w);
	if (w->phase == OVER)
		*e = w->why;
	return w->phase == OVER ? WS_ENDED : w->phase == TALKING ? WS_OPEN : WS_CONNECTING;
}

void ws_send(struct ws *w, const char *text, size_t len)
{
	struct wslay_event_msg msg = {WSLAY_TEXT_FRAME, (const uint8_t *)text, len};

	if (w->phase != TALKING)
		return;
	if (wslay_event_queue_msg(w->wslay, &msg))
		end_as(w, "ws.broken", "The connection to %s is closing.", w->host);
}

/* ---- the hub ---- */

static void take_connected(struct ws_hub *h)
{
	CURLMsg *m;
	int left, running;

	curl_multi_perform(h->multi, &running);
	while ((m = curl_multi_info_read(h->multi, &left))) {
		struct ws *w = NULL;

		if (m->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&w);
		if (m->data.result)
			not_connected(w, m->data.result);
		else
			w->phase = TO_UPGRADE;
	}
}

static unsigned short wishes(const struct ws *w)
{
	bool write = w->phase == TALKING ? wslay_event_want_write(w->wslay)
					 : w->asked < strlen(w->request);

	return (unsigned short)(CURL_WAIT_POLLIN | (write ? CURL_WAIT_POLLOUT : 0));
}

void ws_hub_wait(struct ws_hub *h, msec ms)
{
	autofree struct curl_waitfd *fds = NULL;
	size_t n = 0;
	unsigned int i = 0;

	for (struct ws *w = h->first; w; w = w->next) {
		n++;
		/* something is left in a buffer of ours: no event of the kernel will tell */
		if (w->phase == OVER || w->reads > READS_MAX)
			ms = 0;
	}
	fds = xcalloc(n + 1, sizeof(*fds));
	for (struct ws *w = h->first; w; w = w->next) {
		curl_socket_t fd = CURL_SOCKET_BAD;

		if (w->phase == TO_CONNECT || w->phase == OVER)
			continue;
		curl_easy_getinfo(w->easy, CURLINFO_ACTIVESOCKET, &fd);
		if (fd != CURL_SOCKET_BAD)
			fds[i++] = (struct curl_waitfd){.fd = fd, .events = (short)wishes(w)};
	}
	curl_multi_poll(h->multi, fds, i, (int)ms, NULL);
	take_connected(h);
}

/* ---- opening, freeing ---- */

static curl_socket_t open_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *a)
{
	struct ws *w = ctx;
	int fd = netns_socket(&w->ns, a->family, a->socktype, a->protocol);

	(void)purpose;
	return fd < 0 ? CURL_SOCKET_BAD : fd;
}

static void set_options(struct ws *w, const struct ws_config *c)
{
	struct ca ca = c->ca_file ? (struct ca){.file = c->ca_file} : ca_find();
	CURL *easy = w->easy;

	curl_easy_setopt(easy, CURLOPT_URL, c->url);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1); /* for ALPN */
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, w->error);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, w);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, w);
	curl_easy_setopt(easy, CURLOPT_CAINFO, ca.file);
	curl_easy_setopt(easy, CURLOPT_CAPATH, ca.dir);
}

struct ws *ws_open(struct ws_hub *h, const struct ws_config *c)
{
	struct ws *w = xcalloc(1, sizeof(*w));

	w->hub = h;
	w->max_bytes = w->text.cap = c->max_bytes ? c->max_bytes : DEFAULT_MAX;
	w->on_text = c->on_text;
	w->ctx = c->ctx;
	crypto_random_base64(w->key);
	upgrade_host(c->url, w->host, sizeof(w->host));
	w->request = upgrade_request(c->url, c->origin, w->key);
	w->next = h->first;
	h->first = w;
	w->easy = curl_easy_init();
	if (!w->easy)
		abort(); /* out of memory */
	set_options(w, c);
	w->ns = NETNS_NONE;
	if (c->netns_pid > 0 && netns_open(c->netns_pid, &w->ns))
		end_as(w, "ws.refused", "The network of process %d cannot be entered.",
			c->netns_pid);
	else if (!w->request || curl_multi_add_handle(h->multi, w->easy))
		end_as(w, "ws.address", "%.100s is no address.", c->url);
	return w;
}

void ws_free(struct ws *w)
{
	if (!w)
		return;
	if (w->phase == TALKING &&
		!wslay_event_queue_close(w->wslay, WSLAY_CODE_NORMAL_CLOSURE, NULL, 0))
		wslay_event_send(w->wslay);
	for (struct ws **at = &w->hub->first; *at; at = &(*at)->next)
		if (*at == w) {
			*at = w->next;
			break;
		}
	curl_multi_remove_handle(w->hub->multi, w->easy);
	curl_easy_cleanup(w->easy);
	netns_close(&w->ns);
	if (w->wslay)
		wslay_event_context_free(w->wslay);
	buf_free(&w->head);
	buf_free(&w->text);
	free(w->request);
	free(w);
}
