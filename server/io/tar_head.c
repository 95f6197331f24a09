/* The headers of a tar's entries. */
#include "io/tar_priv.h"

#include <string.h>
#include <sys/stat.h>

/* https://www.gnu.org/software/tar/manual/html_node/Standard.html */
struct ustar {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], sum[8], type, link[100];
	char magic[6], version[2], user[32], group[32], major[8], minor[8], prefix[155], rest[12];
};

static void put_octal(char *to, size_t size, int64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%0*llo", (int)size - 1, (unsigned long long)value);
	memcpy(to, text, size);
}

/* As much as there is room for: the whole of it is in the pax header then. */
static void put_text(char *to, size_t size, const char *text)
{
	memcpy(to, text, strnlen(text, size));
}

/* The slash between prefix and name; NULL = it does not fit. */
static const char *split(const char *name, size_t len)
{
	const char *slash = len > 100 ? name + len - 101 : name;

	while (slash < name + len && *slash != '/')
		slash++;
	return slash < name + len - 1 && slash - name <= 155 ? slash : NULL;
}

static void finish(struct ustar *h, struct buf *b)
{
	const unsigned char *bytes = (const unsigned char *)h;
	unsigned sum = 0;

	put_octal(h->uid, 8, 0);
	put_octal(h->gid, 8, 0);
	memcpy(h->magic, "ustar", 6);
	memcpy(h->version, "00", 2);
	memset(h->sum, ' ', 8);
	for (size_t i = 0; i < sizeof(*h); i++)
		sum += bytes[i];
	snprintf(h->sum, 8, "%06o", sum);
	buf_add(b, h, sizeof(*h));
}

/* "27 path=some/long/name\n": the length counts itself. */
static void put_record(struct buf *b, const char *key, const char *value)
{
	size_t rest = strlen(key) + strlen(value) + 3, len = rest;
	char digits[24];

	do {
		snprintf(digits, sizeof(digits), "%zu", len);
		len = rest + strlen(digits);
		snprintf(digits, sizeof(digits), "%zu", len);
	} while (len != rest + strlen(digits));
	buf_printf(b, "%zu %s=%s\n", len, key, value);
}

static void pax(struct buf *b, const struct buf *records, int64_t mtime)
{
	static const char zeros[TAR_BLOCK];
	struct ustar h = {.type = 'x'};

	put_text(h.name, sizeof(h.name), "PaxHeaders/entry");
	put_octal(h.mode, 8, 0644);
	put_octal(h.size, 12, (int64_t)records->len);
	put_octal(h.mtime, 12, mtime);
	finish(&h, b);
	buf_add(b, records->data, records->len);
	buf_add(b, zeros, (TAR_BLOCK - records->len % TAR_BLOCK) % TAR_BLOCK);
}

void tar_head(const struct tar_entry *entry, struct buf *b)
{
	autobuf struct buf records = {0};
	autofree char *name = xasprintf("%s%s", entry->rel, S_ISDIR(entry->mode) ? "/" : "");
	size_t len = strlen(name);
	const char *slash = len > 100 ? split(name, len) : NULL;
	struct ustar h = {.type = S_ISDIR(entry->mode) ? '5' : entry->link ? '2' : '0'};

	if (len > 100 && !slash)
		put_record(&records, "path", name);
	if (entry->link && strlen(entry->link) > 100)
		put_record(&records, "linkpath", entry->link);
	if (records.len)
		pax(b, &records, entry->mtime);
	if (slash)
		put_text(h.prefix, (size_t)(slash - name), name);
	put_text(h.name, sizeof(h.name), slash ? slash + 1 : name);
	if (entry->link)
		put_text(h.link, sizeof(h.link), entry->link);
	put_octal(h.mode, 8, entry->mode & 07777);
	put_octal(h.size, 12, entry->size);
	put_octal(h.mtime, 12, entry->mtime > 0 ? entry->mtime : 0);
	finish(&h, b);
}

bool tar_begins(const void *bytes, size_t len)
{
	static const struct {
		size_t at;
		const char *magic;
	} known[] = {{257, "ustar"}, {0, "\x1f\x8b"}, {0, "BZh"},
		{0, "\xfd"
		    "7zXZ"},
		{0, "\x28\xb5\x2f\xfd"}};

	for (size_t i = 0; i < COUNT(known); i++) {
		size_t n = strlen(known[i].magic);

		if (len >= known[i].at + n &&
			!memcmp((const char *)bytes + known[i].at, known[i].magic, n))
			return true;
	}
	return false;
}
