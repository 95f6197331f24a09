#include "io/ca.h"

#include "base/mem.h"

#include <stdlib.h>
#include <unistd.h>

static const char *const FILES[] = {
	"/etc/ssl/certs/ca-certificates.crt",	  /* QTS 5, Debian */
	"/etc/ssl/cert.pem",			  /* OpenSSL's own place below /etc/ssl */
	"/etc/ssl/ca-bundle.pem",		  /* SUSE */
	"/etc/pki/tls/certs/ca-bundle.crt",	  /* Fedora */
	"/opt/etc/ssl/certs/ca-certificates.crt", /* Entware, on a NAS that has none of its own */
};
static const char DIR_OF_HASHES[] = "/etc/ssl/certs"; /* QTS 4 has only single files there */

struct ca ca_find(void)
{
	struct ca ca = {getenv("SSL_CERT_FILE"), getenv("SSL_CERT_DIR")};

	if (ca.file || ca.dir)
		return ca;
	for (size_t i = 0; i < COUNT(FILES); i++)
		if (!access(FILES[i], R_OK))
			return (struct ca){.file = FILES[i]};
	if (!access(DIR_OF_HASHES, R_OK | X_OK))
		ca.dir = DIR_OF_HASHES;
	return ca;
}
