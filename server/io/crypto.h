/*
 * crypto: random values, SHA-256, scrypt and constant-time comparison. The only file that sees
 * OpenSSL's libcrypto.
 *
 * A machine without working random numbers cannot guard anything: crypto_random ends the process.
 * Any thread. Strings are NUL-terminated.
 *
 * Error codes: crypto.failed (the library refused; memory), crypto.bad_hash (a stored password hash
 * that is not one of ours).
 */
#ifndef IO_CRYPTO_H
#define IO_CRYPTO_H

#include "base/err.h"

#include <stddef.h>

#define SHA256_HEX 65	      /* bytes of a hash in hex with its NUL */
#define CRYPTO_KEY 44	      /* bytes of 32 random bytes in base64url with the NUL */
#define CRYPTO_CODE 10	      /* bytes of a spoken code with its NUL */
#define CRYPTO_SHA1_BASE64 29 /* bytes of a SHA-1 in base64 with its NUL */
#define CRYPTO_NONCE 25	      /* bytes of 16 random bytes in base64 with the NUL */

void crypto_random(void *ret, size_t n);
/* 2 * n hex digits and a NUL. */
void crypto_random_hex(char *ret, size_t n);
/* 32 random bytes as 43 characters of base64url. */
void crypto_random_key(char ret[CRYPTO_KEY]);
/* A code to be typed by a person: "K7QF-2M9X", 39 random bits, no 0 O 1 I L U. */
void crypto_random_code(char ret[CRYPTO_CODE]);
/* What somebody typed in the code's normal form (upper case, nothing but its letters and digits);
 * false when it cannot be a code. */
bool crypto_code_normal(const char *typed, char ret[CRYPTO_CODE]);

void crypto_sha256_hex(const void *bytes, size_t n, char ret[SHA256_HEX]);

/* For WebSocket's handshake, where it guards nothing. */
void crypto_sha1_base64(const void *bytes, size_t n, char ret[CRYPTO_SHA1_BASE64]);
/* 16 random bytes in base64. */
void crypto_random_base64(char ret[CRYPTO_NONCE]);

/* Takes the same time wherever the texts differ; their lengths are no secret. */
bool crypto_equal(const char *a, const char *b);

/* scrypt with N = 16384, r = 8, p = 1 (16 MiB for some 50 ms) and 16 bytes of salt. The parameters
 * are part of the result, "$scrypt$n=16384,r=8,p=1$SALT$HASH", so that they can grow later. */
int crypto_password_hash(const char *password, char **ret, struct err *e);
int crypto_password_verify(const char *password, const char *hash, bool *ret_ok, struct err *e);

#endif
