/* What a container is made of: its command, its body, its hash, its configuration file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "domain/spec.h"
#include "unit/json.h"
#include "unit/recipes/each.h"

#include "base/buf.h"

#include <string.h>

#define MIB (1024 * 1024ll)

/* A stack with a node of this image, and a relay when there is a recipe for it. */
static void make_stack(struct stack *s, const struct recipe *r, const char *image,
	const char *options, bool with_relay)
{
	*s = (struct stack){.name = xstrdup("parity"), .data_dir = xstrdup("/share/eth/parity")};
	s->services = xcalloc(2, sizeof(*s->services));
	s->n_services = with_relay ? 2 : 1;
	s->services[0] = (struct service){.name = xstrdup("node"),
		.recipe = xstrdup(r->id),
		.image = xstrdup(image),
		.options = js(options)};
	s->services[0].limits.memory = 1024 * MIB;
	s->services[0].ports = recipe_default_ports(r, &s->services[0].n_ports);
	if (with_relay)
		s->services[1] = (struct service){.name = xstrdup("relay"),
			.recipe = xstrdup("ethnetintel"),
			.image = xstrdup("ethnetintel:latest"),
			.options = js("{\"instance_name\":\"nas-paris\"}"),
			.limits = {.memory = 256 * MIB, .cpu_millis = 200}};
}

static struct spec_input input(const struct stack *s, int service, const struct recipe *r)
{
	return (struct spec_input){.stack = s,
		.service = &s->services[service],
		.recipe = r,
		.generation = recipe_generation(r, s->services[service].image)};
}

static json_t *container(const struct spec_input *in)
{
	json_t *config = NULL;
	struct err e = {0};

	if (spec_container(in, &config, &e))
		fail_msg("%s: %s", e.code, e.message);
	return config;
}

/* The arguments joined by blanks; owned by the caller. */
static char *args_text(const json_t *config)
{
	const json_t *cmd = json_arr(config, "Cmd");
	autobuf struct buf b = {0};

	assert_non_null(cmd);
	for (size_t i = 0; i < json_array_size(cmd); i++)
		buf_printf(&b, "%s%s", i ? " " : "", json_string_value(json_array_get(cmd, i)));
	return buf_take(&b);
}

static char *command_of(const struct recipe *r, const char *image, const char *options, bool shared)
{
	autostack struct stack s = {0};
	autojson json_t *config = NULL;
	struct spec_input in;

	make_stack(&s, r, image, options, true);
	s.network = shared ? NET_SHARED : NET_PRIVATE;
	in = input(&s, 0, r);
	in.namespace_of = shared ? "parity-relay" : NULL;
	if (!in.generation)
		fail_msg("no generation for %s", image);
	config = container(&in);
	return args_text(config);
}

static void check_command(const struct recipe *r, const char *image, const char *options,
	bool shared, const char *expected)
{
	autofree char *text = command_of(r, image, options, shared);

	if (strcmp(text, expected) != 0)
		fail_msg("%s %s\n got: %s\nwant: %s", image, options, text, expected);
}

/* ---- the command line ---- */

#define RPC " --jsonrpc-interface all --jsonrpc-hosts all --jsonrpc-apis web3,eth,net,"
#define UPDATER " --no-download --auto-update none"
#define END " --no-color --cache-size 170"
#define WARP_END " --no-color --warp --cache-size 170"

static void test_every_image(void **state)
{
	static const struct {
		const char *image, *command;
	} cases[] = {
		{"ethcore/parity:v1.3.5", "-d /data" RPC "ethcore --no-signer --no-dapps" END},
		{"ethcore/parity:v1.4.10", "-d /data" RPC "parity --no-ui --no-dapps" WARP_END},
		{"ethcore/parity:stable", "-d /data" RPC "parity --no-ui --no-dapps" WARP_END},
		{"ethcore/parity:v1.5.12",
			"--base-path /data" RPC "parity --no-ui --no-dapps" UPDATER WARP_END},
		{"ethcore/parity:latest",
			"--base-path /data" RPC "parity --no-ui --no-dapps" UPDATER WARP_END},
		{"parity/parity:v1.6.8",
			"--base-path /data" RPC "parity --no-ui --no-dapps" UPDATER END},
		{"parity/parity:v1.7.0", "--base-path /data" RPC "parity" UPDATER END},
		{"parity/parity:v1.8.11", "--base-path /data" RPC "parity" UPDATER END},
		{"parity/parity:v1.11.11", "--base-path /data" RPC "parity" UPDATER END},
		{"parity/parity:v2.0.9", "--base-path /data" RPC "parity" UPDATER END},
		{"parity/parity:v2.1.11", "--base-path /data" RPC "parity" UPDATER END},
		{"parity/parity:v2.2.7", "--base-path /data" RPC "parity" UPDATER END},
		{"parity/parity:v2.3.0", "--base-path /data" RPC "parity" UPDATER END},
		{"parity/parity:v2.5.13-stable", "--base-path /data" RPC "parity" UPDATER END},
		{"parity/parity:v2.7.2-stable", "--base-path /data" RPC "parity" UPDATER END},
		{"parity/parity:stable", "--base-path /data" RPC "parity" UPDATER END},
		{"openethereum/openethereum:v3.0.1", "--base-path /data" RPC "parity" UPDATER END},
		{"openethereum/openethereum:v3.1.0", "--base-path /data" RPC "parity" END},
		{"openethereum/openethereum:v3.2.6", "--base-path /data" RPC "parity" END},
		{"openethereum/openethereum:v3.3.5", "--base-path /data" RPC "parity" END},
		{"openethereum/openethereum:latest", "--base-path /data" RPC "parity" END},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check_command(parity, cases[i].image, "{}", false, cases[i].command);
}

static void test_options(void **state)
{
	const char *old = "ethcore/parity:v1.3.5", *mid = "parity/parity:v1.6.8",
		   *last = "openethereum/openethereum:v3.3.5";

	(void)state;
	/* the seed's node */
	check_command(parity, old, "{\"pruning\":\"archive\"}", true,
		"-d /data --no-signer --no-dapps --no-color --pruning archive --cache-size 170");
	check_command(parity, mid, "{\"pruning\":\"fast\",\"cache\":300}", true,
		"--base-path /data --no-ui --no-dapps" UPDATER
		" --no-color --pruning fast --cache-size 300");
	/* the polarity of warp */
	check_command(parity, "ethcore/parity:v1.4.5", "{\"warp\":false,\"cache\":99}", true,
		"-d /data --no-ui --no-dapps --no-color --cache-size 99");
	check_command(parity, mid, "{\"warp\":false,\"cache\":99}", true,
		"--base-path /data --no-ui --no-dapps" UPDATER
		" --no-color --no-warp --cache-size 99");
	check_command(parity, last, "{\"warp\":false,\"ancient_blocks\":false}", true,
		"--base-path /data --no-color --no-warp --no-ancient-blocks --cache-size 170");
	check_command(parity, last, "{\"warp\":true,\"ancient_blocks\":true}", true,
		"--base-path /data --no-color --cache-size 170");
	check_command(parity, last,
		"{\"chain\":\"dev\",\"min_peers\":3,\"max_peers\":9,\"identity\":\"my nas\","
		"\"nat\":\"none\",\"extra_args\":[\"--tracing\",\"on\"]}",
		true,
		"--base-path /data --no-color --chain dev --cache-size 170 --min-peers 3 "
		"--max-peers 9 --identity my nas --nat none --tracing on");
	check_command(parity, mid, "{\"chain\":\"spec\",\"identity\":\"\",\"min_peers\":null}",
		true,
		"--base-path /data --no-ui --no-dapps" UPDATER
		" --no-color --chain /data/spec.json --cache-size 170");
	check_command(demo, "ethstation/demo-node:1", "{}", false, "");
	check_command(demo, "ethstation/demo-node:1", "{\"extra_args\":[\"--x\"]}", true, "--x");
}

/* A value is one argument whatever stands in it, and is not read as a template again. */
static void test_values_stay_whole(void **state)
{
	autostack struct stack s = {0};
	autojson json_t *config = NULL;
	struct spec_input in;
	const json_t *cmd;

	(void)state;
	make_stack(&s, parity, "parity/parity:v1.6.8",
		"{\"identity\":\"a b\",\"extra_args\":[\"{data_path} {value}\",\"$(id); 'x'\"]}",
		false);
	in = input(&s, 0, parity);
	config = container(&in);
	cmd = json_arr(config, "Cmd");
	assert_string_equal(json_string_value(json_array_get(cmd, json_array_size(cmd) - 2)),
		"{data_path} {value}");
	assert_string_equal(
		json_string_value(json_array_get(cmd, json_array_size(cmd) - 1)), "$(id); 'x'");
	assert_string_equal(
		json_string_value(json_array_get(cmd, json_array_size(cmd) - 3)), "a b");
}

static void test_rules(void **state)
{
	(void)state;
	check_command(full, "example/full:1.5", "{\"name\":\"bo\"}", false,
		"node --dir=/var/lib/full --db-cache=384 --name bo --size=384");
	check_command(full, "example/full:1.5",
		"{\"name\":\"bo\",\"net\":\"old\",\"mode\":\"a\",\"level\":0,\"size\":5}", true,
		"node --dir=/var/lib/full --db-cache=384 --rpc 127.0.0.1 --old=/var/lib/full "
		"--name bo "
		"--size=5 --quiet -m a");
	check_command(full, "example/full:2.1",
		"{\"name\":\"bo\",\"mode\":\"b\",\"level\":2,\"fast\":true}", false,
		"node --dir=/var/lib/full --db-cache=384 --rpc 0.0.0.0 --name bo --size=384 --fast "
		"--mode b");
	check_command(full, "example/full:2.1", "{\"name\":\"bo\",\"fast\":false,\"level\":3}",
		true, "node --dir=/var/lib/full --db-cache=384 --name bo --size=384 --loud");
}

/* ---- the container ---- */

static void test_whole_node(void **state)
{
	autostack struct stack s = {0};
	autojson json_t *config = NULL, *want = NULL;
	struct spec_input in;
	autofree char *got = NULL;

	(void)state;
	make_stack(&s, parity, "parity/parity:v2.5.13-stable", "{}", true);
	s.services[0].env = js("{\"TZ\":\"Europe/Paris\",\"RUST_LOG\":\"info\"}");
	in = input(&s, 0, parity);
	config = container(&in);
	assert_int_equal(strlen(json_str(json_obj(config, "Labels"), LABEL_SPEC, "")), 16);
	json_object_del(json_obj(config, "Labels"), LABEL_SPEC);
	want = js("{\"Image\":\"parity/parity:v2.5.13-stable\",\"Cmd\":[\"--base-path\",\"/data\","
		  "\"--jsonrpc-interface\",\"all\",\"--jsonrpc-hosts\",\"all\",\"--jsonrpc-apis\","
		  "\"web3,eth,net,parity\",\"--no-download\",\"--auto-update\",\"none\","
		  "\"--no-color\",\"--cache-size\",\"170\"],"
		  "\"Env\":[\"RUST_LOG=info\",\"TZ=Europe/Paris\"],"
		  "\"Labels\":{\"org.ethstation.stack\":\"parity\",\"org.ethstation.service\":"
		  "\"node\","
		  "\"org.ethstation.recipe\":\"parity\"},\"StopSignal\":\"SIGTERM\","
		  "\"StopTimeout\":300,"
		  "\"ExposedPorts\":{\"30303/tcp\":{},\"30303/udp\":{}},"
		  "\"NetworkingConfig\":{\"EndpointsConfig\":{\"ethstation-parity\":{\"Aliases\":"
		  "[\"node\"]}}},\"HostConfig\":{\"Binds\":[\"/share/eth/parity/node:/data\"],"
		  "\"Memory\":1073741824,\"MemorySwap\":1073741824,\"MemoryReservation\":0,"
		  "\"CpuPeriod\":0,\"CpuQuota\":0,\"CpuShares\":0,\"BlkioWeight\":0,"
		  "\"RestartPolicy\":{\"Name\":\"no\"},\"LogConfig\":{\"Type\":\"json-file\","
		  "\"Config\":{\"max-size\":\"20m\",\"max-file\":\"3\"}},"
		  "\"SecurityOpt\":[\"no-new-privileges\"],\"Init\":false,\"PortBindings\":{"
		  "\"30303/tcp\":[{\"HostIp\":\"\",\"HostPort\":\"30303\"}],"
		  "\"30303/udp\":[{\"HostIp\":\"\",\"HostPort\":\"30303\"}]},"
		  "\"NetworkMode\":\"ethstation-parity\"}}");
	got = json_text(config);
	if (!json_equal(config, want))
		fail_msg("%s", got);
}

static void test_whole_relay(void **state)
{
	autostack struct stack s = {0};
	autojson json_t *config = NULL;
	struct spec_input in;
	json_t *host;

	(void)state;
	make_stack(&s, parity, "parity/parity:v1.6.8", "{}", true);
	in = input(&s, 1, relay);
	config = container(&in);
	host = json_obj(config, "HostConfig");
	assert_int_equal(json_array_size(json_arr(config, "Cmd")), 0);
	assert_int_equal(json_array_size(json_arr(host, "Binds")), 1);
	assert_string_equal(json_string_value(json_array_get(json_arr(host, "Binds"), 0)),
		"/share/eth/parity/relay/app.json:"
		"/home/ethnetintel/eth-net-intelligence-api/app.json:ro");
	assert_int_equal(json_int(host, "Memory", 0), 256 * MIB);
	assert_int_equal(json_int(host, "MemorySwap", 0), 256 * MIB);
	assert_int_equal(json_int(host, "CpuPeriod", 0), 100000);
	assert_int_equal(json_int(host, "CpuQuota", 0), 20000);
	assert_int_equal(json_object_size(json_obj(host, "PortBindings")), 0);
	assert_null(json_object_get(host, "SecurityOpt"));
	assert_null(json_object_get(config, "User"));
	assert_null(json_object_get(config, "Entrypoint"));
	assert_int_equal(json_int(config, "StopTimeout", 0), 5);
}

static void test_limits(void **state)
{
	static const struct {
		struct limits l;
		int64_t memory, swap, reservation, period, quota, shares, weight;
	} cases[] = {
		{{0}, 0, 0, 0, 0, 0, 0, 0},
		{{.memory = 1024 * MIB}, 1024 * MIB, 1024 * MIB, 0, 0, 0, 0, 0},
		{{.memory = 1024 * MIB, .swap = 512 * MIB}, 1024 * MIB, 1536 * MIB, 0, 0, 0, 0, 0},
		{{.swap = 512 * MIB}, 0, 0, 0, 0, 0, 0, 0}, /* swap means nothing without memory */
		{{.reservation = 7 * MIB, .cpu_millis = 1500}, 0, 0, 7 * MIB, 100000, 150000, 0, 0},
		{{.cpu_millis = 10, .cpu_shares = 2, .blkio_weight = 10}, 0, 0, 0, 100000, 1000, 2,
			10},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		autostack struct stack s = {0};
		autojson json_t *config = NULL;
		struct spec_input in;
		json_t *h;

		make_stack(&s, parity, "parity/parity:v1.6.8", "{}", false);
		s.services[0].limits = cases[i].l;
		in = input(&s, 0, parity);
		config = container(&in);
		h = json_obj(config, "HostConfig");
		assert_int_equal(json_int(h, "Memory", -1), cases[i].memory);
		assert_int_equal(json_int(h, "MemorySwap", -1), cases[i].swap);
		assert_int_equal(json_int(h, "MemoryReservation", -1), cases[i].reservation);
		assert_int_equal(json_int(h, "CpuPeriod", -1), cases[i].period);
		assert_int_equal(json_int(h, "CpuQuota", -1), cases[i].quota);
		assert_int_equal(json_int(h, "CpuShares", -1), cases[i].shares);
		assert_int_equal(json_int(h, "BlkioWeight", -1), cases[i].weight);
		assert_null(json_object_get(h, "NanoCpus"));
	}
}

static void test_shared(void **state)
{
	autostack struct stack s = {0};
	autojson json_t *node = NULL, *owner = NULL;
	struct spec_input in;
	struct err e = {0};
	json_t *none = NULL;

	(void)state;
	make_stack(&s, parity, "ethcore/parity:v1.3.5", "{}", true);
	s.network = NET_SHARED;
	assert_true(spec_joins(&s, parity));
	assert_false(spec_joins(&s, relay));
	in = input(&s, 0, parity);
	assert_int_equal(spec_container(&in, &none, &e), -1);
	assert_string_equal(e.code, "spec.namespace");
	assert_null(none);
	in.namespace_of = "parity-relay";
	node = container(&in);
	assert_string_equal(json_str(json_obj(node, "HostConfig"), "NetworkMode", ""),
		"container:parity-relay");
	/* the engine refuses these together with container:NAME */
	assert_null(json_object_get(node, "ExposedPorts"));
	assert_null(json_object_get(node, "NetworkingConfig"));
	assert_null(json_object_get(json_obj(node, "HostConfig"), "PortBindings"));
	in = input(&s, 1, relay);
	owner = container(&in);
	assert_string_equal(
		json_str(json_obj(owner, "HostConfig"), "NetworkMode", ""), "ethstation-parity");
	assert_int_equal(json_object_size(json_at(owner, "HostConfig", "PortBindings", NULL)), 2);
	assert_non_null(json_at(owner, "ExposedPorts", "30303/udp", NULL));
}

/* Without a relay nobody owns a namespace to share: the node has its own. */
static void test_shared_alone(void **state)
{
	autostack struct stack s = {0};
	autojson json_t *config = NULL;
	struct spec_input in;

	(void)state;
	make_stack(&s, parity, "parity/parity:v1.6.8", "{}", false);
	s.network = NET_SHARED;
	assert_false(spec_joins(&s, parity));
	in = input(&s, 0, parity);
	config = container(&in);
	assert_string_equal(
		json_str(json_obj(config, "HostConfig"), "NetworkMode", ""), "ethstation-parity");
	assert_int_equal(json_object_size(json_at(config, "HostConfig", "PortBindings", NULL)), 2);
}

static void test_ports(void **state)
{
	autostack struct stack s = {0};
	autojson json_t *config = NULL;
	struct spec_input in;
	json_t *list;

	(void)state;
	make_stack(&s, parity, "parity/parity:v1.6.8", "{}", false);
	s.services[0].ports[0] = (struct port){30303, 31000, "tcp", "192.168.1.5"};
	s.services[0].ports[1] = (struct port){30303, 31001, "tcp", ""};
	in = input(&s, 0, parity);
	config = container(&in);
	list = json_at(config, "HostConfig", "PortBindings", "30303/tcp", NULL);
	assert_int_equal(json_array_size(list), 2);
	assert_string_equal(json_str(json_array_get(list, 0), "HostIp", ""), "192.168.1.5");
	assert_string_equal(json_str(json_array_get(list, 0), "HostPort", ""), "31000");
	assert_string_equal(json_str(json_array_get(list, 1), "HostPort", ""), "31001");
	assert_int_equal(json_object_size(json_obj(config, "ExposedPorts")), 1);
}

static void test_env(void **state)
{
	autostack struct stack s = {0};
	autojson json_t *config = NULL, *other = NULL;
	struct spec_input in;
	struct err e = {0};
	json_t *env;

	(void)state;
	make_stack(&s, full, "example/full:1.5", "{\"name\":\"bo\"}", false);
	s.services[0].env = js("{\"TZ\":\"UTC\",\"FULL_A\":\"\"}");
	in = input(&s, 0, full);
	config = container(&in);
	env = json_arr(config, "Env");
	assert_int_equal(json_array_size(env), 4);
	assert_string_equal(json_string_value(json_array_get(env, 0)), "FULL_A=");
	assert_string_equal(json_string_value(json_array_get(env, 1)), "FULL_CACHE=384");
	assert_string_equal(json_string_value(json_array_get(env, 2)), "FULL_DIR=/var/lib/full/x");
	assert_string_equal(json_string_value(json_array_get(env, 3)), "TZ=UTC");
	assert_string_equal(json_str(config, "User", ""), "0:0");
	json_put_str(s.services[0].env, "LD_PRELOAD", "/x");
	assert_int_equal(spec_container(&in, &other, &e), -1);
	assert_string_equal(e.code, "input.env");
}

static void test_refusals(void **state)
{
	static const char *const dirs[] = {"relative/dir", "", "/share/a:b"};
	autostack struct stack s = {0};
	struct spec_input in;
	struct err e = {0};
	json_t *config = NULL;
	char hash[17] = "x";

	(void)state;
	make_stack(&s, parity, "ethcore/parity:v1.3.5", "{\"warp\":true}", false);
	in = input(&s, 0, parity);
	assert_int_equal(spec_container(&in, &config, &e), -1);
	assert_string_equal(e.code, "input.option_unknown");
	assert_int_equal(spec_hash(&in, hash, &e), -1);
	assert_string_equal(hash, "");
	json_object_clear(s.services[0].options);
	for (size_t i = 0; i < COUNT(dirs); i++) {
		free(s.data_dir);
		s.data_dir = xstrdup(dirs[i]);
		assert_int_equal(spec_container(&in, &config, &e), -1);
		assert_string_equal(e.code, "input.data_dir");
	}
	assert_null(config);
}

static void test_names(void **state)
{
	struct stack s = {.name = (char *)"parity"};
	autofree char *node = spec_container_name(&s, "node"), *net = spec_network_name(&s);

	(void)state;
	assert_string_equal(node, "parity-node");
	assert_string_equal(net, "ethstation-parity");
}

/* ---- the hash ---- */

static void hash_with(struct spec_input *in, char ret[17])
{
	struct err e = {0};

	if (spec_hash(in, ret, &e))
		fail_msg("%s", e.message);
}

static void test_hash(void **state)
{
	autostack struct stack s = {0};
	autojson json_t *config = NULL;
	struct spec_input in;
	char first[17], again[17];

	(void)state;
	make_stack(&s, parity, "parity/parity:v1.6.8", "{}", true);
	in = input(&s, 0, parity);
	hash_with(&in, first);
	config = container(&in);
	assert_string_equal(json_str(json_obj(config, "Labels"), LABEL_SPEC, ""), first);
	/* limits change live, and the automatic cache follows them at the next recreate */
	s.services[0].limits = (struct limits){.memory = 4096 * MIB, .cpu_millis = 500};
	hash_with(&in, again);
	assert_string_equal(again, first);
	json_put_int(s.services[0].options, "cache", 170);
	hash_with(&in, again);
	assert_string_not_equal(again, first);
	json_object_clear(s.services[0].options);
	s.services[0].ports[0].host = 31303;
	hash_with(&in, again);
	assert_string_not_equal(again, first);
	s.services[0].ports[0].host = 30303;
	hash_with(&in, again);
	assert_string_equal(again, first);
	s.network = NET_SHARED;
	in.namespace_of = "parity-relay";
	hash_with(&in, first);
	in.namespace_of = "0123456789ab"; /* whom it joins is told by its id or its name */
	hash_with(&in, again);
	assert_string_equal(again, first);
}

static void test_hash_of_file(void **state)
{
	autostack struct stack s = {0};
	struct spec_input in;
	char first[17], again[17];

	(void)state;
	make_stack(&s, parity, "parity/parity:v1.6.8", "{}", true);
	in = input(&s, 1, relay);
	hash_with(&in, first);
	json_put_str(s.services[1].options, "instance_name", "nas-rome");
	hash_with(&in, again);
	assert_string_not_equal(again, first);
	json_put_str(s.services[1].options, "instance_name", "nas-paris");
	hash_with(&in, again);
	assert_string_equal(again, first);
}

/* ---- the configuration file ---- */

static char *config_file(
	const struct recipe *r, const char *options, enum network_mode mode, const json_t *secrets)
{
	struct service s = {.name = (char *)"relay"};
	autojson json_t *o = js(options);
	char *text = NULL;
	struct err e = {0};

	s.options = o;
	if (spec_config_file(r, &s, mode, secrets, &text, &e))
		fail_msg("%s", e.message);
	return text;
}

static void test_app_json(void **state)
{
	autojson json_t *secrets = json_pack("{s:s}", "WS_SECRET", "a\"b\\c\n{option.contact}");
	autofree char *private =
		config_file(relay, "{\"instance_name\":\"nas \\u00e9\"}", NET_PRIVATE, secrets);
	autofree char *shared = config_file(relay,
		"{\"instance_name\":\"x\",\"verbosity\":0,\"server\":\"ws://127.0.0.1:3000\","
		"\"contact\":\"{secret.WS_SECRET}\"}",
		NET_SHARED, NULL);
	autojson json_t *a = js(private), *b = js(shared);
	json_t *app = json_array_get(a, 0), *env = json_obj(app, "env");

	(void)state;
	assert_int_equal(json_array_size(a), 1);
	assert_string_equal(json_str(app, "name", ""), "node-app");
	assert_string_equal(json_str(app, "script", ""), "app.js");
	assert_string_equal(json_str(app, "exec_mode", ""), "fork_mode");
	assert_true(json_is_false(json_object_get(app, "watch")));
	assert_string_equal(json_str(env, "NODE_ENV", ""), "production");
	assert_string_equal(json_str(env, "RPC_HOST", ""), "node");
	assert_string_equal(json_str(env, "RPC_PORT", ""), "8545");
	assert_int_equal(json_int(env, "LISTENING_PORT", 0), 30303);
	assert_string_equal(json_str(env, "INSTANCE_NAME", ""), "nas \xc3\xa9");
	assert_string_equal(json_str(env, "CONTACT_DETAILS", "-"), "");
	assert_string_equal(json_str(env, "WS_SERVER", ""), "wss://rpc.ethstats.net");
	assert_string_equal(json_str(env, "WS_SECRET", ""), "a\"b\\c\n{option.contact}");
	assert_int_equal(json_int(env, "VERBOSITY", -1), 2);
	assert_int_equal(private[strlen(private) - 1], '\n');
	env = json_obj(json_array_get(b, 0), "env");
	assert_string_equal(json_str(env, "RPC_HOST", ""), "localhost");
	assert_string_equal(json_str(env, "WS_SECRET", "-"), "");
	assert_string_equal(json_str(env, "CONTACT_DETAILS", ""), "{secret.WS_SECRET}");
	assert_int_equal(json_int(env, "VERBOSITY", -1), 0);
}

static void test_other_files(void **state)
{
	autofree char *text = config_file(full, "{\"name\":\"bo\"}", NET_PRIVATE, NULL);
	autofree char *none = config_file(parity, "{}", NET_PRIVATE, NULL);
	autojson json_t *j = js(text);
	struct service s = {.name = (char *)"relay"};
	struct err e = {0};
	char *unset = NULL;

	(void)state;
	assert_null(none);
	assert_string_equal(json_str(j, "level", "-"), "");
	assert_true(json_is_null(json_array_get(json_arr(j, "list"), 2)));
	assert_int_equal(json_array_size(json_arr(j, "list")), 4);
	assert_int_equal(spec_config_file(relay, &s, NET_PRIVATE, NULL, &unset, &e), -1);
	assert_string_equal(e.code, "input.option_value");
	assert_null(unset);
}

/* The secret is in the file alone, never in what the engine is told or people are shown. */
static void test_no_secret_in_container(void **state)
{
	autostack struct stack s = {0};
	autojson json_t *config = NULL;
	autofree char *text = NULL;
	struct spec_input in;

	(void)state;
	make_stack(&s, parity, "parity/parity:v1.6.8", "{}", true);
	in = input(&s, 1, relay);
	config = container(&in);
	text = json_text(config);
	assert_null(strstr(text, "SECRET"));
}

/* ---- the docker command ---- */

static void test_docker_command(void **state)
{
	autostack struct stack s = {0};
	autojson json_t *config = NULL;
	autofree char *text = NULL;
	struct spec_input in;

	(void)state;
	make_stack(&s, parity, "parity/parity:v2.5.13-stable",
		"{\"identity\":\"my nas\",\"extra_args\":[\"it's\",\"*\",\"a;b\"]}", false);
	s.services[0].limits.cpu_millis = 500;
	snprintf(s.services[0].ports[0].host_ip, sizeof(s.services[0].ports[0].host_ip), "::1");
	in = input(&s, 0, parity);
	config = container(&in);
	json_object_del(json_obj(config, "Labels"), LABEL_SPEC);
	text = spec_docker_command(config, "parity-node");
	assert_string_equal(text,
		"docker create --name parity-node --network ethstation-parity --network-alias node "
		"--publish '[::1]:30303:30303/tcp' --publish 30303:30303/udp "
		"--volume /share/eth/parity/node:/data --memory 1073741824 --memory-swap "
		"1073741824 "
		"--cpu-period 100000 --cpu-quota 50000 --restart no --log-driver json-file "
		"--log-opt max-size=20m --log-opt max-file=3 --security-opt no-new-privileges "
		"--stop-signal SIGTERM --stop-timeout 300 --label org.ethstation.stack=parity "
		"--label org.ethstation.service=node --label org.ethstation.recipe=parity "
		"parity/parity:v2.5.13-stable --base-path /data --jsonrpc-interface all "
		"--jsonrpc-hosts all --jsonrpc-apis web3,eth,net,parity --no-download "
		"--auto-update none --no-color --cache-size 170 --identity 'my nas' 'it'\\''s' '*' "
		"'a;b'");
}

/* What sh makes of the quoted words is what was meant. */
static void test_quoting(void **state)
{
	static const char *const hard[] = {"", " ", "'", "''", "a'b\"c", "$HOME", "`id`", "\\", "~",
		"#x", "a=b", "{a,b}", "(x)", "!", "\xc3\xa9"};
	autojson json_t *cmd = json_array(), *config = NULL;
	autofree char *text = NULL, *script = NULL;
	char line[64];
	FILE *p;

	(void)state;
	for (size_t i = 0; i < COUNT(hard); i++)
		json_array_append_new(cmd, json_string(hard[i]));
	config = json_pack("{s:s, s:O}", "Image", "IMAGE", "Cmd", cmd);
	text = spec_docker_command(config, "n");
	script = xasprintf("docker() { while [ \"$1\" != IMAGE ]; do shift; done; shift; "
			   "for a; do printf '<%%s>\\n' \"$a\"; done; }; %s",
		text);
	p = popen(script, "r");
	assert_non_null(p);
	for (size_t i = 0; i < COUNT(hard); i++) {
		autofree char *want = xasprintf("<%s>\n", hard[i]);

		assert_non_null(fgets(line, sizeof(line), p));
		assert_string_equal(line, want);
	}
	assert_null(fgets(line, sizeof(line), p));
	pclose(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_image),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_values_stay_whole),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_whole_node),
		cmocka_unit_test(test_whole_relay),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_shared_alone),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_env),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_hash),
		cmocka_unit_test(test_hash_of_file),
		cmocka_unit_test(test_app_json),
		cmocka_unit_test(test_other_files),
		cmocka_unit_test(test_no_secret_in_container),
		cmocka_unit_test(test_docker_command),
		cmocka_unit_test(test_quoting),
	};

	return cmocka_run_group_tests(tests, load_all, free_all);
}
