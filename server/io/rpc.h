/*
 * rpc: JSON-RPC 2.0 to a node through the network namespace of its container, so that no port has
 * to be published (https://www.jsonrpc.org/specification; quantities as in
 * https://ethereum.org/developers/docs/apis/json-rpc/#hex-encoding).
 *
 * One call a request, never a batch: some nodes refuse batches. Any thread. The Host header is
 * always "localhost:PORT", which Parity's host check accepts.
 *
 * Error codes: rpc.silent (no answer within the deadline), rpc.refused (nobody listens yet),
 * rpc.broken (no JSON-RPC in the answer), rpc.no_method (-32601), rpc.error (any other error
 * object: its number and text are in the message).
 */
#ifndef IO_RPC_H
#define IO_RPC_H

#include "base/model.h"

struct rpc {
	int pid;	 /* a process inside the namespace (the container's) */
	int port;	 /* on 127.0.0.1 there */
	msec timeout_ms; /* 0 = 3000 */
	bool keep;	 /* asked again soon: keep the connection */
};

/* params: array or NULL for []. ret: the result (may be JSON null), owned by the caller. */
int rpc_call(
	const struct rpc *r, const char *method, const json_t *params, json_t **ret, struct err *e);

/* "0x1f" → 31; -1 for anything that is not such a string, or beyond 2^63-1. Numbers pass as they
 * are. */
int64_t rpc_quantity(const json_t *v);

#endif
