/*
 * cli: the command line: what was asked for, and the small commands that need no server.
 */
#ifndef CLI_H
#define CLI_H

#include "services/app.h"

enum command { CMD_SERVE, CMD_TOKEN, CMD_RESET, CMD_LEAVE, CMD_VERSION, CMD_HELP, CMD_BAD };

struct cli {
	enum command command;
	struct config config; /* owned */
	char *token_name;
	int token_scope; /* enum scope; -1 = not given or unknown */
};

/* Prints what is wrong and gives CMD_BAD for anything it does not understand. */
void cli_parse(int argc, char **argv, struct cli *ret);
void cli_free(struct cli *c);
/* Runs everything but CMD_SERVE and CMD_LEAVE; the exit status. */
int cli_run(const struct cli *c);

#endif
