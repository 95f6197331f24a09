/*
 * words: numbers as people read them: thousands apart (U+202F), a number never parted from its unit
 * (U+00A0), durations and ages in the largest fitting unit. Pure; any thread.
 * All write a NUL-terminated text of at most 64 bytes into out and return it.
 */
#ifndef DOMAIN_WORDS_H
#define DOMAIN_WORDS_H

#include <stdint.h>

#define WORDS_MAX 64

char *words_count(int64_t n, char out[WORDS_MAX]);   /* "2 423 899" */
char *words_gib(int64_t bytes, char out[WORDS_MAX]); /* "1.5 GiB", "256 MiB" below one GiB */
char *words_seconds(int64_t s, char out[WORDS_MAX]); /* "9 seconds", "4 min", "2 h", "3 days" */
char *words_range(int64_t low_s, int64_t high_s, char out[WORDS_MAX]); /* "2–3 h" */

#endif
