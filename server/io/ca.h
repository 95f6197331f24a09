/*
 * ca: where this machine keeps the certificates of the authorities that it trusts. This program
 * carries none: those of the NAS are renewed with its firmware.
 *
 * SSL_CERT_FILE and SSL_CERT_DIR, OpenSSL's own variables, come first, and then alone; a person
 * sets them where the places below have nothing, or to trust an authority of their own. Any thread.
 */
#ifndef IO_CA_H
#define IO_CA_H

struct ca {
	const char *file; /* a bundle in PEM, or NULL */
	const char *dir;  /* a folder of certificates named by their hashes, or NULL */
};

/* Looks each time: a bundle may come or go with an update. Both NULL: nobody can be trusted here,
 * and every TLS connection fails. The strings live as long as the program. */
struct ca ca_find(void);

#endif
