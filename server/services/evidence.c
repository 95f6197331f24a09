#include "services/evidence.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "domain/mask.h"
#include "io/chain.h"
#include "io/docker.h"
#include "io/store.h"

#define LINES_MAX 5000
#define BYTES_MAX (1024 * 1024 - 1) /* as chain_read takes it */
#define FILES_MAX 20

struct keeping {
	struct buf text;
	json_t *secrets;
};

static int on_line(void *ctx, const struct docker_log_line *l)
{
	struct keeping *k = ctx;
	autofree char *text = NULL;

	if (!l) /* nothing for half a second: the engine is only slow */
		return 0;
	text = mask_line(k->secrets, l->text);
	buf_printf(&k->text, "%s\n", text);
	return 0;
}

/* The end of a log tells why it ended. */
static const char *last_bytes(const struct buf *b, size_t *ret_len)
{
	const char *text = b->data ? b->data : "", *nl;

	if (b->len > BYTES_MAX) {
		text += b->len - BYTES_MAX;
		nl = strchr(text, '\n');
		text = nl ? nl + 1 : text;
	}
	*ret_len = strlen(text);
	return text;
}

static char *name_of(int64_t job)
{
	return xasprintf("failed/%lld.log", (long long)job);
}

int evidence_keep_text(struct app *app, int64_t job, const char *text, size_t len, struct err *e)
{
	autofree char *name = name_of(job);
	autofree int64_t *ids = NULL;
	size_t n = 0;

	if (chain_write(app->config.state_dir, name, text, len, 0600, -1, -1, e))
		return -1;
	/* those of older jobs than the last 20 go, at the latest when 200 others have passed */
	if (store_job_ids(app->store, NULL, false, 200, &ids, &n, NULL) == 0)
		for (size_t i = FILES_MAX; i < n; i++) {
			autofree char *old = name_of(ids[i]);

			chain_unlink(app->config.state_dir, old, NULL);
		}
	return 0;
}

int evidence_keep(struct app *app, int64_t job, const char *container, struct err *e)
{
	struct keeping k = {0};
	const char *text;
	size_t len;
	int rc;

	if (store_secret_values(app->store, &k.secrets, e))
		return -1;
	rc = docker_logs(app->docker, container, LINES_MAX, 0, false, on_line, &k, e);
	if (rc == 0) {
		text = last_bytes(&k.text, &len);
		rc = evidence_keep_text(app, job, text, len, e);
	}
	buf_free(&k.text);
	json_decref(k.secrets);
	return rc;
}

int evidence_read(struct app *app, int64_t job, char **ret, size_t *ret_len, struct err *e)
{
	autofree char *name = name_of(job);
	struct err why = {0};

	if (chain_read(app->config.state_dir, name, ret, ret_len, &why) == 0)
		return 0;
	if (err_is(&why, "chain.missing"))
		return err_set(e, ERR_NOT_FOUND, "evidence.missing",
			"No log was kept for job %lld.", (long long)job);
	return err_set(e, why.kind, why.code, "%s", why.message);
}
