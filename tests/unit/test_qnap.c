/* io/qnap on trees of its own: the files of QTS, its log, and the answers of authLogin.cgi, also
 * when they are damaged or made by somebody who wants to be let in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "io/fetch.h"
#include "io/qnap_priv.h"
#include "unit/fake_server.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[32];

static int open_root(void **state)
{
	(void)state;
	snprintf(root, sizeof(root), "/tmp/qnap-XXXXXX");
	assert_non_null(mkdtemp(root));
	return 0;
}

static int close_root(void **state)
{
	autofree char *rm = xasprintf("rm -rf '%s'", root);

	(void)state;
	return system(rm);
}

static void put(const char *path, const char *text, int mode)
{
	autofree char *name = qnap_path(root, path);
	FILE *f;

	for (char *p = name + 1; (p = strchr(p, '/')); p++) {
		*p = '\0';
		mkdir(name, 0755);
		*p = '/';
	}
	f = fopen(name, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(chmod(name, (mode_t)mode), 0);
}

/* ---- files ---- */

static void values_of_files(void **state)
{
	static const char text[] =
		"lost = 1\n[System]\nWeb Access Port = 8080\nweb access port = 9\n"
		"Empty =\nSpaces =  a b \t\r\n no equals sign\n = no key\n"
		"[Stunnel]\nPort=443\nEnable = 1\n[system]\nLate = yes";
	char v[16];

	(void)state;
	assert_true(ini_get(text, "System", "Web Access Port", v, sizeof(v)));
	assert_string_equal(v, "8080");
	assert_true(ini_get(text, "SYSTEM", "spaces", v, sizeof(v)));
	assert_string_equal(v, "a b");
	assert_true(ini_get(text, "System", "Empty", v, sizeof(v)));
	assert_string_equal(v, "");
	assert_true(ini_get(text, "System", "Late", v, sizeof(v)));
	assert_string_equal(v, "yes");
	assert_false(ini_get(text, "System", "Port", v, sizeof(v)));
	assert_false(ini_get(text, "System", "lost", v, sizeof(v)));
	assert_false(ini_get(text, "", "lost", v, sizeof(v)));
	assert_false(ini_get(text, "System", "Web Access Port", v, 4));
	assert_true(ini_has_section(text, "stunnel"));
	assert_false(ini_has_section(text, "Stun"));
	assert_false(ini_has_section("", "Stunnel"));
}

static void container_station(void **state)
{
	struct qnap_app a;

	(void)state;
	assert_false(qnap_here(root));
	qnap_container_station(root, &a);
	assert_false(a.installed || a.enabled);
	assert_int_equal(a.run, QNAP_RUN_UNKNOWN);
	put("/etc/config/uLinux.conf", "[System]\n", 0644);
	assert_true(qnap_here(root));
	put("/etc/config/qpkg.conf",
		"[other]\nEnable = TRUE\n[container-station]\nEnable = FALSE\n", 0644);
	qnap_container_station(root, &a);
	assert_true(a.installed && !a.enabled);
	put("/etc/config/qpkg.conf", "[container-station]\nEnable = true\n", 0644);
	put("/etc/qpkg_run_status", "[container-station]\nstatus = 1\n", 0644);
	qnap_container_station(root, &a);
	assert_true(a.installed && a.enabled);
	assert_int_equal(a.run, QNAP_STARTING);
	put("/etc/qpkg_run_status", "[container-station]\nstatus = 22\n", 0644);
	qnap_container_station(root, &a);
	assert_int_equal(a.run, QNAP_RUN_UNKNOWN);
}

/* What becomes of an error of the engine. */
static const char *explained(const char *code)
{
	static struct err why;

	err_set(&why, ERR_UNAVAILABLE, code, "nobody answers");
	qnap_explain_engine(root, &why);
	return why.code;
}

static void an_engine_that_does_not_answer(void **state)
{
	struct err why;

	(void)state;
	assert_string_equal(explained("engine.absent"), "engine.absent"); /* no QNAP NAS */
	put("/etc/config/uLinux.conf", "[System]\n", 0644);
	assert_string_equal(explained("engine.absent"), "engine.station_missing");
	assert_string_equal(explained("engine.slow"), "engine.slow");
	put("/etc/config/qpkg.conf", "[container-station]\nEnable = FALSE\n", 0644);
	assert_string_equal(explained("engine.absent"), "engine.station_off");
	put("/etc/config/qpkg.conf", "[container-station]\nEnable = TRUE\n", 0644);
	assert_string_equal(explained("engine.absent"), "engine.absent");
	put("/etc/qpkg_run_status", "[container-station]\nstatus = 1\n", 0644);
	assert_string_equal(explained("engine.absent"), "engine.station_starting");
	put("/etc/qpkg_run_status", "[container-station]\nstatus = 0\n", 0644);
	assert_string_equal(explained("engine.absent"), "engine.station_stopped");
	put("/etc/qpkg_run_status", "[container-station]\nstatus = 2\n", 0644);
	assert_string_equal(explained("engine.absent"), "engine.absent");
	put("/etc/qpkg_run_status", "[container-station]\nstatus = 0\n", 0644);
	put("/var/run/system-docker.sock", "", 0644);
	err_set(&why, ERR_UNAVAILABLE, "engine.absent", "nobody answers");
	qnap_explain_engine(root, &why);
	assert_non_null(strstr(why.message, "system-docker"));
}

/* ---- the log ---- */

static void a_line_in_the_log(void **state)
{
	autofree char *tool = xasprintf("#!/bin/sh\nfor a; do echo \"$a\"; done >%s/out\n", root);
	autobuf struct buf got = {0};
	autofree char *all = NULL, *want = NULL;
	struct err e;

	(void)state;
	assert_false(qnap_can_log(root));
	assert_int_equal(qnap_log(root, QNAP_INFO, "x", &e), -1);
	assert_string_equal(e.code, "qnap.log_failed");
	put("/sbin/log_tool", tool, 0755);
	assert_true(qnap_can_log(root));
	assert_int_equal(qnap_log(root, QNAP_WARNING, "it's \"$(id)\" `id`\n;&|\x01 done", &e), 0);
	qnap_read(root, "/out", &got);
	all = xstrdup("-t1\n-uSystem\n-p127.0.0.1\n-mlocalhost\n-a\n"
		      "[Ethereum Station] it's \"$(id)\" `id` ;&|  done\n");
	assert_string_equal(got.data, all);

	/* cut in front of a character, never inside it */
	autofree char *longer = xcalloc(1, 1001);
	for (int i = 0; i < 1000; i += 2)
		memcpy(longer + i, "ü", 2);
	assert_int_equal(qnap_log(root, QNAP_ERROR, longer, &e), 0);
	buf_reset(&got);
	qnap_read(root, "/out", &got);
	want = strstr(got.data, "[Ethereum");
	want = xstrdup(want);
	assert_true(strlen(want) <= 401 && strlen(want) > 390);
	assert_memory_equal(want + strlen(want) - 3, "ü\n", 3);
	put("/sbin/log_tool", "#!/bin/sh\nexit 3\n", 0755);
	assert_int_equal(qnap_log(root, QNAP_ERROR, "x", &e), -1);
}

/* ---- the answer of authLogin.cgi ---- */

#define REPLY(inside)                                                                              \
	"<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n<QDocRoot version=\"1.0\">\n" inside         \
	"</QDocRoot>\n"
#define PASSED "<authPassed><![CDATA[1]]></authPassed>\n"
#define ADMIN "<isAdmin><![CDATA[1]]></isAdmin>\n"
#define USER(u) "<username><![CDATA[" u "]]></username>\n"

static void good_replies(void **state)
{
	static const char whole[] = REPLY(
		"<doQuick><![CDATA[]]></doQuick>\n<is_booting><![CDATA[0]]></is_booting>\n"
		"<mediaReady><![CDATA[1]]></mediaReady>\n" PASSED USER(
			"admin") "<authSid><![CDATA[k3j2]]></authSid>\n" ADMIN
				 "<model><displayModelName><![CDATA[TS-253A]]></displayModelName>"
				 "<username><![CDATA[nested]]></username></model>\n<empty/>"
				 "<tricky><![CDATA[</QDocRoot><authPassed>0]]></tricky>\n");
	struct qnap_person p;
	struct err e;

	(void)state;
	assert_int_equal(qnap_parse_reply(whole, strlen(whole), &p, &e), 0);
	assert_true(p.passed && p.admin);
	assert_string_equal(p.user, "admin");
	static const char plain[] = "<QDocRoot><authPassed>0</authPassed></QDocRoot>";
	assert_int_equal(qnap_parse_reply(plain, strlen(plain), &p, &e), 0);
	assert_false(p.passed || p.admin);
	assert_string_equal(p.user, "");
	/* the name is sent back also by a refusal */
	static const char no[] =
		REPLY("<authPassed><![CDATA[0]]></authPassed>" ADMIN USER("admin"));
	assert_int_equal(qnap_parse_reply(no, strlen(no), &p, &e), 0);
	assert_false(p.passed);
}

static void bad_replies(void **state)
{
	static const char *const bad[] = {"", " ", "no xml", "<html><body>1</body></html>",
		"<QDocRoot>", "<QDocRoot/>", REPLY(""), REPLY(ADMIN USER("admin")),
		REPLY(PASSED PASSED), REPLY(PASSED "<authPassed><![CDATA[0]]></authPassed>"),
		REPLY(PASSED ADMIN ADMIN), REPLY(PASSED USER("a") USER("b")),
		REPLY("<authPassed><![CDATA[yes]]></authPassed>"),
		REPLY("<authPassed><![CDATA[11]]></authPassed>"),
		REPLY("<authPassed><![CDATA[]]></authPassed>"),
		REPLY("<authPassed> 1</authPassed>"), REPLY("<authPassed>1</isAdmin>"),
		REPLY("<authPassed><![CDATA[1]]>"), REPLY("<authPassed><![CDATA[1</authPassed>"),
		REPLY("<!-- x -->" PASSED), "<!DOCTYPE x>" REPLY(PASSED), REPLY(PASSED) "more",
		REPLY(PASSED) REPLY(PASSED), "<Other>" PASSED "</Other>",
		REPLY("<x><authPassed>1</authPassed></x>"),
		REPLY(PASSED USER("0123456789012345678901234567890123456789012345678901234567890123"
				  "4567890123456789")),
		REPLY(PASSED USER("a\nb")), REPLY("<a b=\"<\">x</a>" PASSED),
		/* a name that tries to be more than a name */
		REPLY("<authPassed><![CDATA[0]]></authPassed>"
		      "<username><![CDATA[x]]></username><authPassed>1</authPassed>"
		      "<username><![CDATA[y]]></username>")};
	struct qnap_person p = {0};
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		if (qnap_parse_reply(bad[i], strlen(bad[i]), &p, &e) == 0)
			fail_msg("was taken: %s", bad[i]);
		assert_string_equal(e.code, "qnap.reply");
	}
	assert_int_equal(qnap_parse_reply(REPLY(PASSED) "\0", sizeof(REPLY(PASSED)), &p, &e), -1);
	assert_false(p.passed);
}

/* Every cut and a hundred thousand damages: no crash (the sanitizers watch), and whoever was not
 * let in by the whole answer is not let in by a part of it. */
static void damaged_replies(void **state)
{
	static const char whole[] =
		REPLY("<authPassed><![CDATA[0]]></authPassed>" ADMIN USER("admin"));
	static const char letters[] = "<>![]CDAT/10 \"&;=?-x";
	size_t len = strlen(whole);
	uint32_t seed = 1;

	(void)state;
	for (size_t n = 0; n < len - 1; n++) {
		struct qnap_person p = {0};
		autofree char *part = xcalloc(1, n ? n : 1);
		int rc;

		memcpy(part, whole, n); /* exactly so long, so that reading beyond it is seen */
		rc = qnap_parse_reply(part, n, &p, NULL);
		assert_true(rc || (n >= len - 1));
	}
	for (int round = 0; round < 100000; round++) {
		struct qnap_person p = {0};
		char copy[sizeof(whole)];

		memcpy(copy, whole, sizeof(whole));
		for (int k = 0; k < 1 + round % 6; k++) {
			seed = seed * 1664525 + 1013904223;
			copy[(seed >> 8) % len] = letters[(seed >> 24) % (sizeof(letters) - 1)];
		}
		if (qnap_parse_reply(copy, len, &p, NULL) == 0 && p.passed)
			assert_non_null(strstr(copy, "1]]></authPassed>"));
	}
}

static void ports_of_redirections(void **state)
{
	static const struct {
		const char *url;
		int port;
	} cases[] = {{"https://nas/cgi-bin/", 443}, {"https://nas:8443/x", 8443},
		{"https://[fe80::1]/x", 443}, {"https://[fe80::1]:8181", 8181},
		{"https://nas:443?x=:1", 443}, {"http://nas:80/", 0}, {"ftp://nas", 0}, {"", 0},
		{"https://nas:0/", 0}, {"https://nas:65536/", 0}, {"https://nas:8x/", 0},
		{"https://nas:/", 0}, {"https://evil.example:99999999999999999999/", 0}};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (qnap_https_port(cases[i].url) != cases[i].port)
			fail_msg("%s: %d", cases[i].url, qnap_https_port(cases[i].url));
}

static void the_query_is_encoded(void **state)
{
	struct qnap_cookies c = {.user = "a&b=c d/ü", .token = "x+y%", .sid = "not sent"};
	autofree char *query = qnap_query(&c, "::1"), *sid = NULL;

	(void)state;
	assert_string_equal(query, "qtoken=x%2By%25&user=a%26b%3Dc%20d%2F%C3%BC&remote_ip=%3A%3A1");
	c.token = NULL;
	sid = qnap_query(&c, "10.0.0.7");
	assert_string_equal(sid, "sid=not%20sent&remote_ip=10.0.0.7");
}

/* ---- the question ---- */

static void asking(void **state)
{
	static const char good[] =
		"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" REPLY(PASSED ADMIN USER("admin"));
	static const struct fake_route routes[] = {{"sid=good", good, 0, 0, false, false},
		{"sid=loop",
			"HTTP/1.1 302 Found\r\nLocation: http://evil.example/\r\n"
			"Content-Length: 0\r\n\r\n",
			0, 0, false, false},
		{"sid=odd", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", 0, 0, false, false},
		{NULL, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", 0, 0, false, false}};
	static const char *const refused[] = {"loop", "odd", "none"};
	struct qnap_cookies c = {.sid = "good"};
	struct qnap_person p = {0};
	struct fake f = {0};
	struct err e;

	(void)state;
	fake_start_tcp(&f, routes, COUNT(routes));
	autofree char *conf = xasprintf("[System]\nWeb Access Port = %d\n", f.port);
	put("/etc/config/uLinux.conf", conf, 0644);
	assert_int_equal(qnap_who(root, &c, "10.0.0.7", &p, &e), 0);
	assert_true(p.passed && p.admin);
	assert_true(fake_saw(&f, "GET /cgi-bin/authLogin.cgi?sid=good&remote_ip=10.0.0.7 "));
	for (size_t i = 0; i < COUNT(refused); i++) {
		c.sid = refused[i];
		assert_int_equal(qnap_who(root, &c, "10.0.0.7", &p, &e), -1);
		assert_string_equal(e.code, "qnap.reply");
	}
	fake_stop(&f);
	c.sid = "good";
	assert_int_equal(qnap_who(root, &c, "10.0.0.7", &p, &e), -1);
	assert_string_equal(e.code, "qnap.silent");
	assert_null(strstr(e.message, "good"));
}

#define ROOTED(f) cmocka_unit_test_setup_teardown(f, open_root, close_root)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_of_files),
		ROOTED(container_station),
		ROOTED(an_engine_that_does_not_answer),
		ROOTED(a_line_in_the_log),
		cmocka_unit_test(good_replies),
		cmocka_unit_test(bad_replies),
		cmocka_unit_test(damaged_replies),
		cmocka_unit_test(ports_of_redirections),
		cmocka_unit_test(the_query_is_encoded),
		ROOTED(asking),
	};

	fetch_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
