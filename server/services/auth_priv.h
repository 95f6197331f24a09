/* What services/auth.c, auth_setup.c and auth_qnap.c share. Nobody else includes this. */
#ifndef SERVICES_AUTH_PRIV_H
#define SERVICES_AUTH_PRIV_H

#include "base/mem.h"
#include "domain/throttle.h"
#include "services/auth.h"

#include <pthread.h>
#include <semaphore.h>

/* Keys of settings. */
#define AUTH_PASSWORD "password_hash"
#define AUTH_CODE "setup_code_hash"
#define AUTH_UNTIL "setup_code_until"
#define AUTH_TRIES "setup_tries"
#define AUTH_QNAP "qnap_sign_in"

/* What QTS said about a set of cookies a moment ago; for a minute it is not asked again. */
struct qnap_known {
	char key[SHA256_HEX]; /* of the cookies */
	msec until;	      /* monotonic */
	struct qnap_person person;
};

struct auth {
	struct store *store;
	char code[CRYPTO_CODE];
	pthread_mutex_t lock; /* guards the throttles and what QTS said */
	struct throttle throttle, qnap_throttle;
	struct qnap_known qnap_known[16];
	pthread_mutex_t setup_lock; /* one try at the setup code at a time */
	sem_t hashing;		    /* places for running scrypts */
};

/* Makes a new setup code; any earlier one is void. */
int auth_setup_open(struct store *s, char ret_code[CRYPTO_CODE], struct err *e);
int auth_check_password(const char *password, struct err *e);
int auth_set_password(struct auth *a, const char *password, struct err *e);
/* qnap_user: "" = the owner. */
int auth_session_begin(struct auth *a, const char *qnap_user, const struct auth_client *from,
	char ret_cookie[CRYPTO_KEY], struct identity *ret, struct err *e);

#endif
