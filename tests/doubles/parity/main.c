/* The double of Parity: start as the real one does, run until SIGTERM, end cleanly. */
#include "parity.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t stop_signal;

int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void say(const struct generation *gen, const char *fmt, ...)
{
	char stamp[32], line[1024];
	time_t now = time(NULL);
	struct tm tm;
	va_list ap;

	strftime(stamp, sizeof(stamp), "%Y-%m-%d %H:%M:%S", gmtime_r(&now, &tm));
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	fprintf(stderr, "%s %s%s\n", stamp, gen->number >= 200 ? "UTC " : " ", line);
}

void fail(int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(code);
}

static void on_stop(int signal)
{
	stop_signal = signal;
}

bool stopping(void)
{
	return stop_signal != 0;
}

/* PID 1 gets no default actions: without handlers it could not be stopped. */
static void install_signals(void)
{
	struct sigaction action = {.sa_handler = on_stop};

	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/*
 * The images of 2.1 to 2.3 start ./entrypoint.sh, which ends in `exec parity $@` with no quotes: an
 * argument with a space in it falls apart. There is no shell in our images, so the program plays
 * that script too.
 */
static void split_arguments(int *argc, char ***argv)
{
	static char *words[256];
	int count = 1;

	words[0] = (*argv)[0];
	for (int i = 1; i < *argc; i++) {
		char *save = NULL, *copy = strdup((*argv)[i]);

		for (char *w = strtok_r(copy, " \t\n", &save); w && count < 255;
			w = strtok_r(NULL, " \t\n", &save))
			words[count++] = w;
	}
	*argv = words;
	*argc = count;
}

static void announce(const struct node *n)
{
	char name[128];
	char *slashes;

	snprintf(name, sizeof(name), "%s", n->gen->client);
	slashes = strstr(name, "//"); /* the log has one slash where the RPC has two */
	if (slashes)
		memmove(slashes, slashes + 1, strlen(slashes));
	say(n->gen, "Starting %s", name);
}

static void run(struct node *n)
{
	int64_t end = 0;

	for (;;) {
		behave_tick(n);
		http_poll(n, 20);
		if (!stopping())
			continue;
		if (!end) {
			say(n->gen, "Finishing work, please wait...");
			end = now_ms() + n->set.stop_delay_ms;
		}
		if (now_ms() >= end)
			return;
	}
}

int main(int argc, char **argv)
{
	static struct node n;
	const char *version = getenv("PARITY_DOUBLE_VERSION");
	const char *base = strrchr(argv[0], '/');

	install_signals();
	setvbuf(stderr, NULL, _IOLBF, 0);
	n.gen = generation_find(version ? version : "2.7.2");
	if (!n.gen)
		fail(1, "the double has no generation '%s'", version);
	if (strcmp(base ? base + 1 : argv[0], "entrypoint.sh") == 0)
		split_arguments(&argc, &argv);
	flags_parse(n.gen, argc, argv, &n.opt);
	n.chain = chain_find(n.opt.chain, n.gen->number);
	if (!n.chain)
		fail(1,
			"Could not load specification file at %s: No such file or directory "
			"(os error 2)",
			n.opt.chain);
	if (n.opt.db_kill) {
		layout_kill_db(n.gen, n.chain, &n.opt);
		return 0;
	}
	announce(&n);
	layout_open(n.gen, n.chain, &n.opt, &n.set, &n.lay);
	behave_init(&n);
	http_open(&n);
	say(n.gen, "Configured for %s using %s engine",
		n.chain->id == 1 ? "Foundation" : n.chain->data_dir,
		n.chain->id == 17 ? "InstantSeal" : "Ethash");
	say(n.gen, "Public node URL: enode://%s@127.0.0.1:30303", n.lay.enode);
	run(&n);
	http_close();
	if (!n.warping)
		layout_save_head(&n.lay, n.head);
	layout_close(&n.lay);
	return 0;
}
