/*
 * The packed form of a chunk:
 *   byte 0     format, 1
 *   bytes 1-2  n, the number of buckets up to the last that is no gap (little endian)
 *   planes     tier 0: the values; the others: all minima, all means, all maxima, all counts
 * A plane is n 32-bit words (bits of a float32; a gap is NaN, its count 0), written as
 *   byte 0     0: the words follow as they are (4 bytes each)
 *              1 + s: differences follow: word - the word before (before the first: 0), modulo
 *              2^32, shifted right by the s bits that are zero in all of them, zigzag, varint;
 *              after each zero a varint of how many more zeros follow, which are left out
 * whichever is shorter. So a steady value costs nothing, a whole number or a count of pages one or
 * two bytes, and noise never more than the float itself.
 */
#include "base/rollup.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the packed form is little endian");

#define FORMAT 1
#define HEADER 3
#define VARINT_MAX 5

enum plane { PLANE_MIN, PLANE_MEAN, PLANE_MAX, PLANE_COUNT, PLANES };

static uint32_t float_bits(float v)
{
	uint32_t u;
	memcpy(&u, &v, sizeof(u));
	return u;
}

static float bits_float(uint32_t u)
{
	float v;
	memcpy(&v, &u, sizeof(v));
	return v;
}

static uint32_t bucket_word(const struct rollup_bucket *b, enum plane plane)
{
	if (plane == PLANE_COUNT)
		return b->count;
	if (b->count == 0)
		return float_bits(NAN);
	if (plane == PLANE_MIN)
		return float_bits(b->min);
	if (plane == PLANE_MAX)
		return float_bits(b->max);
	return float_bits((float)(b->sum / b->count));
}

static size_t put_varint(unsigned char *p, uint32_t u)
{
	size_t n = 0;
	for (; u >= 0x80; u >>= 7)
		p[n++] = (unsigned char)(u | 0x80);
	p[n++] = (unsigned char)u;
	return n;
}

/* NULL at the end of the bytes or when the number does not fit. */
static const unsigned char *get_varint(
	const unsigned char *p, const unsigned char *end, uint32_t *ret)
{
	uint64_t u = 0;

	/* Most are one byte. */
	if (p < end && *p < 0x80) {
		*ret = *p;
		return p + 1;
	}
	for (unsigned shift = 0; shift < 7 * VARINT_MAX && p < end; shift += 7) {
		u |= (uint64_t)(*p & 0x7f) << shift;
		if (*p++ < 0x80) {
			*ret = (uint32_t)u;
			return u <= UINT32_MAX ? p : NULL;
		}
	}
	return NULL;
}

/* The zero bits that all differences end in. */
static unsigned common_shift(const uint32_t *w, size_t n)
{
	uint32_t any = 0;
	uint32_t prev = 0;
	for (size_t i = 0; i < n; i++) {
		any |= w[i] - prev;
		prev = w[i];
	}
	return any == 0 ? 0 : (unsigned)__builtin_ctz(any);
}

static size_t put_differences(const uint32_t *w, size_t n, unsigned shift, unsigned char *out)
{
	size_t len = 0;
	uint32_t prev = 0;
	for (size_t i = 0; i < n;) {
		int32_t d = (int32_t)(w[i] - prev) >> shift;
		len += put_varint(out + len, ((uint32_t)d << 1) ^ (uint32_t)(d >> 31));
		prev = w[i++];
		if (d != 0)
			continue;
		size_t first = i;
		while (i < n && w[i] == prev)
			i++;
		len += put_varint(out + len, (uint32_t)(i - first));
	}
	return len;
}

static const unsigned char *get_differences(
	const unsigned char *p, const unsigned char *end, uint32_t *w, size_t n, unsigned shift)
{
	uint32_t prev = 0;
	for (size_t i = 0; i < n;) {
		uint32_t u;
		p = get_varint(p, end, &u);
		if (p == NULL)
			return NULL;
		prev += ((u >> 1) ^ (0u - (u & 1))) << shift;
		w[i++] = prev;
		if (u != 0)
			continue;
		p = get_varint(p, end, &u);
		if (p == NULL || u > n - i)
			return NULL;
		while (u-- > 0)
			w[i++] = prev;
	}
	return p;
}

static const unsigned char *get_plane(
	const unsigned char *p, const unsigned char *end, uint32_t *w, size_t n)
{
	if (p == NULL || p == end || *p > 32)
		return NULL;
	unsigned mode = *p++;
	if (mode != 0)
		return get_differences(p, end, w, n, mode - 1);
	if ((size_t)(end - p) < n * sizeof(*w))
		return NULL;
	memcpy(w, p, n * sizeof(*w));
	return p + n * sizeof(*w);
}

void rollup_pack(unsigned tier, const struct rollup_bucket *b, struct buf *out)
{
	size_t n = rollup_tiers[tier].points;
	while (n > 0 && b[n - 1].count == 0)
		n--;
	buf_add(out, (unsigned char[HEADER]){FORMAT, n & 0xff, (n >> 8) & 0xff}, HEADER);
	autofree uint32_t *words = xcalloc(n + 1, sizeof(*words));
	autofree unsigned char *bytes = xcalloc(n + 1, VARINT_MAX);
	for (int plane = tier == 0 ? PLANE_MAX : PLANE_MIN; plane < PLANES; plane++) {
		for (size_t i = 0; i < n; i++)
			words[i] = bucket_word(&b[i], (enum plane)plane);
		unsigned shift = common_shift(words, n);
		size_t len = put_differences(words, n, shift, bytes);
		bool raw = len > n * sizeof(*words);
		unsigned char mode = raw ? 0 : (unsigned char)(1 + shift);
		buf_add(out, &mode, 1);
		buf_add(out, raw ? (const void *)words : bytes, raw ? n * sizeof(*words) : len);
		if (tier == 0)
			break;
	}
}

static void unpack_values(const uint32_t *w, size_t n, struct rollup_bucket *b)
{
	for (size_t i = 0; i < n; i++) {
		float v = bits_float(w[i]);
		b[i] = (struct rollup_bucket){v, v, isfinite(v) ? 1 : 0, (double)v};
	}
}

static void unpack_buckets(uint32_t *const *w, size_t n, struct rollup_bucket *b)
{
	for (size_t i = 0; i < n; i++) {
		float lo = bits_float(w[PLANE_MIN][i]);
		float mean = bits_float(w[PLANE_MEAN][i]);
		float hi = bits_float(w[PLANE_MAX][i]);
		bool known = isfinite(lo) && isfinite(mean) && isfinite(hi);
		uint32_t count = known ? w[PLANE_COUNT][i] : 0;
		b[i] = (struct rollup_bucket){lo, hi, count, (double)mean * count};
	}
}

int rollup_unpack(unsigned tier, const void *data, size_t len, struct rollup_bucket *b)
{
	const unsigned char *p = data;
	const unsigned char *end = p + len;
	size_t points = rollup_tiers[tier].points;
	if (len < HEADER || p[0] != FORMAT || p[1] + p[2] * 256u > points)
		return -1;
	size_t n = p[1] + p[2] * 256u;
	size_t planes = tier == 0 ? 1 : PLANES;
	autofree uint32_t *words = xcalloc(planes * n + 1, sizeof(*words));
	uint32_t *plane[PLANES];
	p += HEADER;
	for (size_t i = 0; i < planes; i++) {
		plane[i] = words + i * n;
		p = get_plane(p, end, plane[i], n);
	}
	if (p != end)
		return -1;
	memset(b + n, 0, (points - n) * sizeof(*b));
	if (tier == 0)
		unpack_values(plane[0], n, b);
	else
		unpack_buckets(plane, n, b);
	return 0;
}
