#include "io/crypto.h"

#include "base/log.h"
#include "base/mem.h"

#include <ctype.h>
#include <inttypes.h>
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#define SALT_LEN 16
#define KEY_LEN 32

static const char HEX[] = "0123456789abcdef";
static const char BASE64URL[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/* 30 signs that nobody mistakes for another when read aloud or copied from a screen */
static const char SPOKEN[] = "23456789ABCDEFGHJKMNPQRSTVWXYZ";

struct scrypt {
	uint64_t n;
	uint32_t r, p;
	unsigned char salt[SALT_LEN];
	unsigned char key[KEY_LEN];
};

void crypto_random(void *ret, size_t n)
{
	if (RAND_bytes(ret, (int)n) == 1)
		return;
	log_error("No random numbers on this machine: nothing can be kept secret. Ending.");
	abort();
}

static void to_hex(const unsigned char *bytes, size_t n, char *ret)
{
	for (size_t i = 0; i < n; i++) {
		ret[2 * i] = HEX[bytes[i] >> 4];
		ret[2 * i + 1] = HEX[bytes[i] & 15];
	}
	ret[2 * n] = '\0';
}

static int from_hex(const char *text, unsigned char *ret, size_t n)
{
	for (size_t i = 0; i < 2 * n; i++) {
		const char *digit = text[i] ? strchr(HEX, text[i]) : NULL;

		if (!digit)
			return -1;
		ret[i / 2] = (unsigned char)(ret[i / 2] << 4 | (digit - HEX));
	}
	return text[2 * n] ? -1 : 0;
}

void crypto_random_hex(char *ret, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char byte;

		crypto_random(&byte, 1);
		to_hex(&byte, 1, ret + 2 * i);
	}
}

void crypto_random_key(char ret[CRYPTO_KEY])
{
	unsigned char bytes[33] = {0}; /* 32, and one to fill the last group of three */
	size_t out = 0;

	crypto_random(bytes, 32);
	for (size_t i = 0; i < sizeof(bytes); i += 3) {
		uint32_t group =
			(uint32_t)bytes[i] << 16 | (uint32_t)bytes[i + 1] << 8 | bytes[i + 2];

		for (int shift = 18; shift >= 0 && out < CRYPTO_KEY - 1; shift -= 6)
			ret[out++] = BASE64URL[group >> shift & 63];
	}
	ret[out] = '\0';
	OPENSSL_cleanse(bytes, sizeof(bytes));
}

void crypto_random_code(char ret[CRYPTO_CODE])
{
	for (size_t i = 0; i < CRYPTO_CODE - 1; i++) {
		unsigned char byte;

		if (i == 4) {
			ret[i] = '-';
			continue;
		}
		do { /* 30 is no power of two: taking the rest would favour some signs */
			crypto_random(&byte, 1);
			byte &= 31;
		} while (byte >= sizeof(SPOKEN) - 1);
		ret[i] = SPOKEN[byte];
	}
	ret[CRYPTO_CODE - 1] = '\0';
}

bool crypto_code_normal(const char *typed, char ret[CRYPTO_CODE])
{
	size_t n = 0;

	for (; *typed; typed++) {
		char c = (char)toupper((unsigned char)*typed);

		if (c == '-' || c == ' ')
			continue;
		if (n == CRYPTO_CODE - 1 || !strchr(SPOKEN, c))
			return false;
		if (n == 4)
			ret[n++] = '-';
		ret[n++] = c;
	}
	if (n != CRYPTO_CODE - 1)
		return false;
	ret[n] = '\0';
	return true;
}

void crypto_sha256_hex(const void *bytes, size_t n, char ret[SHA256_HEX])
{
	unsigned char digest[SHA256_DIGEST_LENGTH];

	SHA256(bytes, n, digest);
	to_hex(digest, sizeof(digest), ret);
}

void crypto_sha1_base64(const void *bytes, size_t n, char ret[CRYPTO_SHA1_BASE64])
{
	unsigned char digest[SHA_DIGEST_LENGTH];

	SHA1(bytes, n, digest);
	EVP_EncodeBlock((unsigned char *)ret, digest, sizeof(digest));
}

void crypto_random_base64(char ret[CRYPTO_NONCE])
{
	unsigned char bytes[16];

	crypto_random(bytes, sizeof(bytes));
	EVP_EncodeBlock((unsigned char *)ret, bytes, sizeof(bytes));
}

bool crypto_equal(const char *a, const char *b)
{
	size_t len = strlen(a);

	return len == strlen(b) && CRYPTO_memcmp(a, b, len) == 0;
}

/* glibc raises its threshold for mmap() to the largest block that was freed, so the second password
 * would leave its 16 MiB in the heap of each worker for ever. A fixed threshold gives them back. */
static void keep_heap_small(void)
{
#ifdef M_MMAP_THRESHOLD
	mallopt(M_MMAP_THRESHOLD, 256 * 1024);
#endif
}

static int derive(const char *password, const struct scrypt *s, unsigned char *ret, struct err *e)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	uint64_t most = 128 * s->n * s->r + 1024 * 1024; /* what these parameters need, and more */

	pthread_once(&once, keep_heap_small);
	if (EVP_PBE_scrypt(password, strlen(password), s->salt, SALT_LEN, s->n, s->r, s->p, most,
		    ret, KEY_LEN) == 1)
		return 0;
	return err_set(e, ERR_INTERNAL, "crypto.failed", "The password could not be hashed.");
}

int crypto_password_hash(const char *password, char **ret, struct err *e)
{
	struct scrypt s = {.n = 16384, .r = 8, .p = 1};
	char salt[2 * SALT_LEN + 1], key[2 * KEY_LEN + 1];

	crypto_random(s.salt, sizeof(s.salt));
	if (derive(password, &s, s.key, e))
		return -1;
	to_hex(s.salt, SALT_LEN, salt);
	to_hex(s.key, KEY_LEN, key);
	*ret = xasprintf("$scrypt$n=%" PRIu64 ",r=%u,p=%u$%s$%s", s.n, s.r, s.p, salt, key);
	return 0;
}

static int parse(const char *hash, struct scrypt *ret, struct err *e)
{
	char salt[2 * SALT_LEN + 1], key[2 * KEY_LEN + 1];
	int end = 0;

	if (sscanf(hash, "$scrypt$n=%" SCNu64 ",r=%u,p=%u$%32[0-9a-f]$%64[0-9a-f]%n", &ret->n,
		    &ret->r, &ret->p, salt, key, &end) != 5 ||
		hash[end])
		goto bad;
	/* bounds, so that a damaged row cannot ask for all the memory of the NAS */
	if (ret->n < 2 || ret->n > 1 << 17 || (ret->n & (ret->n - 1)) || ret->r < 1 ||
		ret->r > 16 || ret->p < 1 || ret->p > 4)
		goto bad;
	if (from_hex(salt, ret->salt, SALT_LEN) || from_hex(key, ret->key, KEY_LEN))
		goto bad;
	return 0;
bad:
	return err_set(e, ERR_INTERNAL, "crypto.bad_hash", "The stored password hash is damaged.");
}

int crypto_password_verify(const char *password, const char *hash, bool *ret_ok, struct err *e)
{
	struct scrypt s = {0};
	unsigned char key[KEY_LEN];

	if (parse(hash, &s, e) || derive(password, &s, key, e))
		return -1;
	*ret_ok = CRYPTO_memcmp(key, s.key, KEY_LEN) == 0;
	OPENSSL_cleanse(key, sizeof(key));
	return 0;
}
