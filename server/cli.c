#include "cli.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "io/store.h"
#include "services/auth.h"

#define HOME "/var/lib/ethstation"
#define BASE_PATH_MAX 64 /* bytes */

static const char help[] =
	"Ethereum Station " STATION_VERSION "\n"
	"\n"
	"  ethstation serve [--listen ADDR:PORT] [--state DIR] [--data DIR] [--docker "
	"unix:///PATH]\n"
	"                   [--base-path /PREFIX] [--cgroup-root DIR] [--log-level "
	"debug|info|warn|error]\n"
	"  ethstation token create [--state DIR] --name NAME --scope read|operate|admin\n"
	"  ethstation reset-password [--state DIR]\n"
	"  ethstation leave [--state DIR] [--docker unix:///PATH]\n"
	"  ethstation --version | --help\n"
	"\n"
	"serve           the dashboard and the REST API (default 0.0.0.0:8787); ends on SIGTERM\n"
	"token create    prints a new API token; works while the server runs\n"
	"reset-password  forgets password and sign-ins and prints a code for a new password\n"
	"leave           when the app is removed: stops the containers if the settings say so;\n"
	"                nothing is deleted\n"
	"\n"
	"State (settings, history) and data (chains) are below " HOME " unless told otherwise.\n";

static const struct option options[] = {
	{"listen", required_argument, NULL, 'l'},
	{"base-path", required_argument, NULL, 'b'},
	{"state", required_argument, NULL, 's'},
	{"data", required_argument, NULL, 'd'},
	{"docker", required_argument, NULL, 'e'},
	{"cgroup-root", required_argument, NULL, 'c'},
	{"qts-root", required_argument, NULL, 'q'}, /* for tests: a tree that looks like QTS's */
	{"log-level", required_argument, NULL, 'v'},
	{"name", required_argument, NULL, 'n'},
	{"scope", required_argument, NULL, 'p'},
	{"version", no_argument, NULL, 'V'},
	{"help", no_argument, NULL, 'h'},
	{0},
};

static void replace(char **field, const char *value)
{
	free(*field);
	*field = xstrdup(value);
}

static void bad(struct cli *c, const char *what, const char *arg)
{
	fprintf(stderr, "ethstation: %s%s. Try: ethstation --help\n", what, arg);
	c->command = CMD_BAD;
}

/* "/ethstation", "/apps/eth"; "/" and "" = none. */
static bool is_base_path(const char *path)
{
	size_t len = strlen(path);

	return !len || !strcmp(path, "/") ||
	       (len <= BASE_PATH_MAX && path[0] == '/' && path[len - 1] != '/' &&
		       !strstr(path, "//") && !strstr(path, "/.") && strncmp(path, "/api", 4) &&
		       strncmp(path, "/assets", 7) && strncmp(path, "/metrics", 8) &&
		       strspn(path, "/abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-._~") == len);
}

static void take_base_path(struct cli *c, const char *path)
{
	if (is_base_path(path))
		replace(&c->config.base_path, strcmp(path, "/") ? path : "");
	else
		bad(c, "no path to serve under: ", path);
}

static void take_option(struct cli *c, int opt)
{
	switch (opt) {
	case 'b':
		take_base_path(c, optarg);
		break;
	case 'l':
		replace(&c->config.listen, optarg);
		break;
	case 's':
		replace(&c->config.state_dir, optarg);
		break;
	case 'd':
		replace(&c->config.data_root, optarg);
		break;
	case 'e':
		replace(&c->config.docker, optarg);
		break;
	case 'c':
		replace(&c->config.cgroup_root, optarg);
		break;
	case 'q':
		replace(&c->config.qts_root, optarg);
		break;
	case 'n':
		replace(&c->token_name, optarg);
		break;
	case 'p':
		c->token_scope = scope_parse(optarg);
		break;
	case 'v':
		if (log_level_parse(optarg) < 0)
			bad(c, "no such log level: ", optarg);
		else
			log_set_level((enum log_level)log_level_parse(optarg));
		break;
	case 'V':
		c->command = CMD_VERSION;
		break;
	case 'h':
		c->command = CMD_HELP;
		break;
	default:
		bad(c, "that option is not known, or has no value", "");
	}
}

static void take_words(struct cli *c, int n, char **words)
{
	const char *first = n > 0 ? words[0] : "";

	if (c->command != CMD_SERVE)
		return;
	if (n == 1 && !strcmp(first, "serve"))
		c->command = CMD_SERVE;
	else if (n == 2 && !strcmp(first, "token") && !strcmp(words[1], "create"))
		c->command = CMD_TOKEN;
	else if (n == 1 && !strcmp(first, "reset-password"))
		c->command = CMD_RESET;
	else if (n == 1 && !strcmp(first, "leave"))
		c->command = CMD_LEAVE;
	else
		bad(c, "that command is not known: ", first);
}

void cli_parse(int argc, char **argv, struct cli *ret)
{
	int opt;

	*ret = (struct cli){
		.command = CMD_SERVE,
		.token_scope = -1,
		.config = {.listen = xstrdup("0.0.0.0:8787"),
			.base_path = xstrdup("/ethstation"),
			.state_dir = xstrdup(HOME "/state"),
			.data_root = xstrdup(HOME "/data"),
			.docker = xstrdup("unix:///var/run/docker.sock"),
			.cgroup_root = xstrdup("/sys/fs/cgroup"),
			.proc_root = xstrdup("/proc"),
			.qts_root = xstrdup("/")},
	};
	opterr = 0;
	while (ret->command != CMD_BAD && (opt = getopt_long(argc, argv, "", options, NULL)) != -1)
		take_option(ret, opt);
	if (ret->command != CMD_BAD)
		take_words(ret, argc - optind, argv + optind);
	if (ret->command == CMD_TOKEN && (!ret->token_name || ret->token_scope < SCOPE_READ))
		bad(ret, "token create needs --name and --scope read, operate or admin", "");
}

void cli_free(struct cli *c)
{
	free(c->config.listen);
	free(c->config.base_path);
	free(c->config.state_dir);
	free(c->config.data_root);
	free(c->config.docker);
	free(c->config.cgroup_root);
	free(c->config.proc_root);
	free(c->config.qts_root);
	free(c->token_name);
}

static int create_token(struct store *s, const struct cli *c, struct err *e)
{
	char value[AUTH_TOKEN];

	if (auth_cli_token(s, c->token_name, (enum scope)c->token_scope, value, e))
		return -1;
	printf("%s\n", value);
	return 0;
}

static int reset_password(struct store *s, struct err *e)
{
	char code[CRYPTO_CODE];

	if (auth_cli_reset(s, code, e))
		return -1;
	printf("Password and sign-ins are forgotten. Open the dashboard within 15 minutes and use"
	       " the code %s\n",
		code);
	return 0;
}

int cli_run(const struct cli *c)
{
	struct store *s = NULL;
	struct err e = {0};
	int rc;

	switch (c->command) {
	case CMD_VERSION:
		puts("ethstation " STATION_VERSION);
		return 0;
	case CMD_HELP:
		fputs(help, stdout);
		return 0;
	case CMD_BAD:
	case CMD_SERVE:
	case CMD_LEAVE:
		return 2;
	case CMD_TOKEN:
	case CMD_RESET:
		break;
	}
	rc = store_open(c->config.state_dir, false, &s, &e);
	if (rc == 0)
		rc = c->command == CMD_TOKEN ? create_token(s, c, &e) : reset_password(s, &e);
	store_close(s);
	if (rc)
		fprintf(stderr, "ethstation: %s (%s)\n", e.message, e.code);
	return rc ? 1 : 0;
}
