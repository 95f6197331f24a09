/*
 * app: what the running program consists of. Made by main, which starts the floors bottom-up and
 * stops them top-down; every pointer stays valid while any thread above it runs.
 */
#ifndef SERVICES_APP_H
#define SERVICES_APP_H

#include "base/model.h"

struct config {
	char *listen;	   /* ADDR:PORT */
	char *base_path;   /* the prefix under which a proxy asks, such as /ethstation; "" = none */
	char *state_dir;   /* state.db, history.db, lock */
	char *data_root;   /* the only place for the data folders of stacks */
	char *docker;	   /* unix:///path */
	char *cgroup_root; /* /sys/fs/cgroup */
	char *proc_root;   /* /proc */
	char *qts_root;	   /* "/": where the files of QTS are, if this is a QNAP NAS (io/qnap.h) */
};

struct app {
	struct config config;
	struct store *store;
	struct history *history;
	struct docker *docker;
	struct recipe_set *recipes;
	struct auth *auth;
	struct bus *bus;
	struct world *world;
	struct jobs *jobs;
	struct watch *watch;
	struct sampler *sampler;
	struct probe *probe;
	struct notify *notify;
	struct relay *relay;
	struct http_server *http;
	msec started_at;
};

#endif
