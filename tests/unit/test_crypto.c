#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/mem.h"
#include "io/crypto.h"

#include <stdlib.h>
#include <string.h>

static void test_sha256(void **state)
{
	char hex[SHA256_HEX];

	(void)state;
	crypto_sha256_hex("abc", 3, hex); /* FIPS 180-2, B.1 */
	assert_string_equal(
		hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	crypto_sha256_hex("", 0, hex);
	assert_string_equal(
		hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void test_random_texts(void **state)
{
	char a[CRYPTO_KEY], b[CRYPTO_KEY], hex[33];

	(void)state;
	crypto_random_key(a);
	crypto_random_key(b);
	assert_int_equal(strlen(a), 43);
	assert_string_not_equal(a, b);
	assert_int_equal(
		strspn(a, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"), 43);
	crypto_random_hex(hex, 16);
	assert_int_equal(strlen(hex), 32);
	assert_int_equal(strspn(hex, "0123456789abcdef"), 32);
}

static void test_code_uses_every_sign(void **state)
{
	bool seen[256] = {false};
	char code[CRYPTO_CODE];
	int n = 0;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		crypto_random_code(code);
		assert_int_equal(strlen(code), 9);
		assert_int_equal(code[4], '-');
		for (int k = 0; k < 9; k++)
			seen[(unsigned char)code[k]] = true;
	}
	for (int i = 0; i < 256; i++)
		n += seen[i];
	assert_int_equal(n, 31); /* 30 signs and the dash */
	for (const char *c = "01IOLU"; *c; c++)
		assert_false(seen[(unsigned char)*c]);
}

static void test_code_as_typed(void **state)
{
	char code[CRYPTO_CODE] = "before";

	(void)state;
	assert_true(crypto_code_normal(" k7qf 2m9x ", code));
	assert_string_equal(code, "K7QF-2M9X");
	assert_true(crypto_code_normal("K7QF-2M9X", code));
	assert_true(crypto_code_normal("k7-qf-2m-9x", code));
	assert_string_equal(code, "K7QF-2M9X");
	assert_false(crypto_code_normal("", code));
	assert_false(crypto_code_normal("K7QF-2M9", code));
	assert_false(crypto_code_normal("K7QF-2M9XX", code));
	assert_false(crypto_code_normal("K7QF-2M90", code));
	assert_false(crypto_code_normal("K7QF\n2M9X", code));
	assert_false(crypto_code_normal("\xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8", code));
}

static void test_equal(void **state)
{
	(void)state;
	assert_true(crypto_equal("", ""));
	assert_true(crypto_equal("abc", "abc"));
	assert_false(crypto_equal("abc", "abd"));
	assert_false(crypto_equal("abc", "ab"));
	assert_false(crypto_equal("", "a"));
}

static void test_password(void **state)
{
	autofree char *one = NULL, *two = NULL;
	struct err e = {0};
	bool ok = false;

	(void)state;
	assert_int_equal(crypto_password_hash("correct horse", &one, &e), 0);
	assert_int_equal(crypto_password_hash("correct horse", &two, &e), 0);
	assert_string_not_equal(one, two); /* salted */
	assert_memory_equal(one, "$scrypt$n=16384,r=8,p=1$", 24);
	assert_null(strstr(one, "horse"));
	assert_int_equal(crypto_password_verify("correct horse", one, &ok, &e), 0);
	assert_true(ok);
	assert_int_equal(crypto_password_verify("correct horsf", one, &ok, &e), 0);
	assert_false(ok);
	ok = true;
	assert_int_equal(crypto_password_verify("", one, &ok, &e), 0);
	assert_false(ok);
}

/* Computed with another implementation: password "pass", salt 00..0f, 32 bytes. */
static void test_password_of_other_parameters(void **state)
{
	static const char hash[] =
		"$scrypt$n=1024,r=8,p=1$000102030405060708090a0b0c0d0e0f$"
		"5517f26d5799eab0eb73ca868ecc1607c8f5da2486033107449d223653b1ba1a";
	struct err e = {0};
	bool ok = false;

	(void)state;
	assert_int_equal(crypto_password_verify("pass", hash, &ok, &e), 0);
	assert_true(ok);
}

static void test_damaged_hashes(void **state)
{
#define SALT "000102030405060708090a0b0c0d0e0f"
#define KEY SALT SALT
	static const char *const bad[] = {
		"",
		"$scrypt$",
		"$scrypt$n=16384,r=8,p=1$" SALT "$",
		"$scrypt$n=16384,r=8,p=1$" SALT "$" KEY "0",
		"$scrypt$n=16384,r=8,p=1$" SALT "$" SALT,
		"$scrypt$n=16383,r=8,p=1$" SALT "$" KEY,
		"$scrypt$n=0,r=8,p=1$" SALT "$" KEY,
		"$scrypt$n=1073741824,r=8,p=1$" SALT "$" KEY,
		"$scrypt$n=16384,r=1000,p=1$" SALT "$" KEY,
		"$scrypt$n=16384,r=8,p=0$" SALT "$" KEY,
		"$scrypt$n=16384,r=8,p=1000$" SALT "$" KEY,
		"$bcrypt$n=16384,r=8,p=1$" SALT "$" KEY,
		"$scrypt$n=16384,r=8,p=1$"
		"ZZ0102030405060708090a0b0c0d0e0f$" KEY,
	};
	bool ok = false;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct err e = {0};

		assert_int_equal(crypto_password_verify("pass", bad[i], &ok, &e), -1);
		assert_string_equal(e.code, "crypto.bad_hash");
		assert_false(ok);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sha256),
		cmocka_unit_test(test_random_texts),
		cmocka_unit_test(test_code_uses_every_sign),
		cmocka_unit_test(test_code_as_typed),
		cmocka_unit_test(test_equal),
		cmocka_unit_test(test_password),
		cmocka_unit_test(test_password_of_other_parameters),
		cmocka_unit_test(test_damaged_hashes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
