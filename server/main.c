/*
 * Ethereum Station: starts the floors bottom-up, waits for a signal, stops them top-down.
 */
#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/reply.h"
#include "api/routes.h"
#include "base/embedded.h"
#include "base/log.h"
#include "cli.h"
#include "domain/recipe.h"
#include "domain/texts.h"
#include "io/docker.h"
#include "io/fetch.h"
#include "io/history.h"
#include "io/http.h"
#include "io/qnap.h"
#include "io/store.h"
#include "services/auth.h"
#include "services/bus.h"
#include "services/images.h"
#include "services/jobs.h"
#include "services/leave.h"
#include "services/notify.h"
#include "services/probe.h"
#include "services/relay.h"
#include "services/sampler.h"
#include "services/watch.h"
#include "services/world.h"

#define FILES_OPEN 4096

static int load_texts(struct err *e)
{
	const struct embedded *f = embedded_find("shared/findings.json");

	return f ? texts_load(f->data, f->len, e) : 0;
}

static int load_recipes(struct app *app, struct err *e)
{
	static const char dir[] = "shared/recipes/";
	struct recipe_text texts[64];
	size_t n = 0;

	for (const struct embedded *f = embedded_files; f->name && n < COUNT(texts); f++)
		if (!strncmp(f->name, dir, sizeof(dir) - 1) &&
			strcmp(f->name, "shared/recipes/schema.json"))
			texts[n++] = (struct recipe_text){f->name, f->data, f->len};
	app->recipes = xcalloc(1, sizeof(*app->recipes));
	return recipe_set_load(texts, n, app->recipes, e);
}

/* Made when missing; resolved once, because the chain's room follows no symlink. */
static int prepare_data_root(struct app *app, struct err *e)
{
	char real[PATH_MAX];
	char *path = app->config.data_root;

	for (char *p = path + 1; *p; p++)
		if (*p == '/') {
			*p = '\0';
			mkdir(path, 0755);
			*p = '/';
		}
	mkdir(path, 0755);
	if (!realpath(path, real))
		return err_errno(e, "disk.failed", "The data folder %s cannot be used", path);
	free(app->config.data_root);
	app->config.data_root = xstrdup(real);
	return 0;
}

static int open_stores(struct app *app, struct err *e)
{
	autofree char *path = xasprintf("%s/history.db", app->config.state_dir);
	autofree char *aside = NULL;

	if (store_open(app->config.state_dir, true, &app->store, e) ||
		history_open(path, &app->history, e))
		return -1;
	app->bus = bus_new(app->store);
	app->world = world_new(app->store, app->config.data_root);
	aside = history_take_set_aside(app->history);
	if (aside)
		bus_say(app->bus, "station", NULL, NULL, "station", "history.reset", NULL,
			"The history file was damaged and set aside as %s.", aside);
	return world_reload(app->world, e);
}

static int start_services(struct app *app, struct err *e)
{
	app->docker = docker_new(app->config.docker);
	app->jobs = jobs_new(app);
	if (auth_open(app->store, &app->auth, e) || watch_start(app, &app->watch, e) ||
		sampler_start(app, &app->sampler, e) || probe_start(app, &app->probe, e) ||
		relay_start(app, &app->relay, e) || notify_start(app, &app->notify, e))
		return -1;
	images_sweep(app);
	jobs_resume(app->jobs);
	return 0;
}

/* The owner's https port, with the certificate that QTS's own web server has; NULL = not wanted. */
static char *tls_address(struct app *app)
{
	autofree char *port = NULL;

	if (store_setting_get(app->store, "https_port", &port, NULL) || !port)
		return NULL;
	return xasprintf("0.0.0.0:%s", port);
}

static int start_http(struct app *app, struct err *e)
{
	autofree char *tls = tls_address(app);
	autofree char *certificate = qnap_path(app->config.qts_root, "/etc/stunnel/stunnel.pem");
	struct http_config c = {
		.listen = app->config.listen,
		.tls_listen = tls,
		.certificate = certificate,
		.handle = routes_handle,
		.on_error = reply_http_error,
		.ctx = app,
	};

	if (!http_start(&c, &app->http, e))
		return 0;
	if (!tls)
		return -1;
	/* a port that is taken, or a certificate that is gone, keeps nobody out of the dashboard */
	bus_say(app->bus, "station", NULL, NULL, "station", "http.no_tls", NULL,
		"There is no https on %s: %s", tls, e->message);
	c.tls_listen = NULL;
	return http_start(&c, &app->http, e);
}

static void stop(struct app *app)
{
	if (app->bus)
		bus_close(app->bus);
	http_stop(app->http);
	jobs_stop(app->jobs);
	notify_stop(app->notify);
	relay_stop(app->relay);
	probe_stop(app->probe);
	sampler_stop(app->sampler);
	watch_stop(app->watch);
	jobs_free(app->jobs);
	auth_close(app->auth);
	docker_free(app->docker);
	world_free(app->world);
	bus_free(app->bus);
	history_close(app->history);
	store_close(app->store);
	if (app->recipes)
		recipe_set_free(app->recipes);
	free(app->recipes);
	texts_unload();
}

static void say_ready(struct app *app)
{
	const char *code = auth_setup_code(app->auth);

	log_info("ready on port %d, state in %s, data in %s", http_port(app->http),
		app->config.state_dir, app->config.data_root);
	printf("listening on port %d\n", http_port(app->http));
	if (*code) {
		log_info("nobody owns this dashboard yet: the setup code is %s (15 minutes)", code);
		printf("setup code: %s (good for 15 minutes)\n", code);
	}
	fflush(stdout);
}

static void wait_for_signal(const sigset_t *set)
{
	int sig;

	do
		sigwait(set, &sig);
	while (sig == SIGHUP); /* the console went away; a service goes on */
	log_info("signal %d: stopping", sig);
}

/* The files of each container's control groups stay open, a dozen or two of them: sixty containers
 * would reach the usual 1024, and what cannot be opened looks like a kernel that does not tell. */
static void allow_files(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) || l.rlim_cur >= FILES_OPEN)
		return;
	l.rlim_cur = l.rlim_max < FILES_OPEN ? l.rlim_max : FILES_OPEN;
	setrlimit(RLIMIT_NOFILE, &l);
}

static int serve(struct config *config)
{
	struct app app = {.config = *config, .started_at = clock_wall()};
	struct err e = {0};
	sigset_t set;
	int rc;

	*config = (struct config){0};
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	umask(077);
	allow_files();
	fetch_init();
	rc = load_texts(&e) || load_recipes(&app, &e) || prepare_data_root(&app, &e) ||
	     open_stores(&app, &e) || start_services(&app, &e) || start_http(&app, &e);
	if (rc) {
		log_error("%s (%s)", e.message, e.code);
		fprintf(stderr, "ethstation: %s (%s)\n", e.message, e.code);
	} else {
		bus_say(app.bus, "station", NULL, NULL, "station", "station.started", NULL,
			"Ethereum Station %s started.", STATION_VERSION);
		say_ready(&app);
		wait_for_signal(&set);
	}
	stop(&app);
	*config = app.config;
	return rc ? 1 : 0;
}

/* Nothing runs beside it: the store is opened for this program alone. */
static int leave(const struct config *config)
{
	struct app app = {.config = *config};
	struct err e = {0};
	int rc;

	signal(SIGPIPE, SIG_IGN);
	fetch_init();
	rc = load_texts(&e) || load_recipes(&app, &e) ||
	     store_open(config->state_dir, true, &app.store, &e);
	if (rc == 0) {
		app.docker = docker_new(config->docker);
		rc = leave_run(&app, &e);
		docker_free(app.docker);
	}
	if (rc)
		fprintf(stderr, "ethstation: %s (%s)\n", e.message, e.code);
	store_close(app.store);
	if (app.recipes)
		recipe_set_free(app.recipes);
	free(app.recipes);
	texts_unload();
	return rc ? 1 : 0;
}

int main(int argc, char **argv)
{
	struct cli cli;
	int rc;

#ifdef M_ARENA_MAX
	/* Two arenas are plenty here; one for each of thirty threads would cost tens of MiB. */
	mallopt(M_ARENA_MAX, 2);
#endif
	pthread_setname_np(pthread_self(), "main");
	cli_parse(argc, argv, &cli);
	rc = cli.command == CMD_SERVE	? serve(&cli.config)
	     : cli.command == CMD_LEAVE ? leave(&cli.config)
					: cli_run(&cli);
	cli_free(&cli);
	return rc;
}
