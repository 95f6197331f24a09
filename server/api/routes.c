#include "api/routes.h"

#include "api/dispatch.h"
#include "api/handlers.h"

#define V1 "/api/v1"
#define STACK V1 "/stacks/{stack}"
#define SERVICE STACK "/services/{service}"

const struct route api_routes[] = {
	{"GET", V1 "/health", SCOPE_NONE, api_get_health, ROUTE_PUBLIC},
	{"GET", V1 "/openapi.yaml", SCOPE_NONE, api_get_openapi, ROUTE_PUBLIC},
	{"POST", V1 "/setup", SCOPE_NONE, api_setup, ROUTE_PUBLIC},
	{"GET", V1 "/session", SCOPE_READ, api_get_session, 0},
	{"POST", V1 "/session", SCOPE_NONE, api_sign_in, ROUTE_PUBLIC},
	{"DELETE", V1 "/session", SCOPE_READ, api_sign_out, 0},
	{"GET", V1 "/sessions", SCOPE_ADMIN, api_list_sessions, 0},
	{"DELETE", V1 "/sessions/{id}", SCOPE_ADMIN, api_end_session, 0},
	{"PUT", V1 "/password", SCOPE_ADMIN, api_change_password, 0},
	{"GET", V1 "/tokens", SCOPE_ADMIN, api_list_tokens, 0},
	{"POST", V1 "/tokens", SCOPE_ADMIN, api_create_token, 0},
	{"DELETE", V1 "/tokens/{id}", SCOPE_ADMIN, api_delete_token, 0},
	{"GET", V1 "/settings", SCOPE_READ, api_get_settings, 0},
	{"PATCH", V1 "/settings", SCOPE_ADMIN, api_change_settings, 0},

	{"GET", V1 "/state", SCOPE_READ, api_get_state, 0},
	{"GET", V1 "/host", SCOPE_READ, api_get_host, 0},
	{"GET", V1 "/recipes", SCOPE_READ, api_list_recipes, 0},

	{"GET", V1 "/stacks", SCOPE_READ, api_list_stacks, 0},
	{"POST", V1 "/stacks", SCOPE_OPERATE, api_install_stack, ROUTE_IDEMPOTENT},
	{"POST", V1 "/compose", SCOPE_ADMIN, api_import_compose, ROUTE_IDEMPOTENT},
	{"GET", V1 "/found", SCOPE_ADMIN, api_list_found, 0},
	{"POST", V1 "/adopt", SCOPE_ADMIN, api_adopt_containers, ROUTE_IDEMPOTENT},
	{"GET", STACK, SCOPE_READ, api_get_stack, 0},
	{"PATCH", STACK, SCOPE_OPERATE, api_change_stack, ROUTE_IDEMPOTENT},
	{"DELETE", STACK, SCOPE_OPERATE, api_remove_stack, ROUTE_IDEMPOTENT},
	{"POST", STACK "/start", SCOPE_OPERATE, api_start_stack, ROUTE_IDEMPOTENT},
	{"POST", STACK "/stop", SCOPE_OPERATE, api_stop_stack, ROUTE_IDEMPOTENT},
	{"POST", STACK "/restart", SCOPE_OPERATE, api_restart_stack, ROUTE_IDEMPOTENT},
	{"GET", STACK "/upgrade", SCOPE_READ, api_check_upgrade, 0},
	{"POST", STACK "/upgrade", SCOPE_OPERATE, api_upgrade_stack, ROUTE_IDEMPOTENT},
	{"POST", STACK "/resync", SCOPE_OPERATE, api_resync_stack, ROUTE_IDEMPOTENT},
	{"GET", STACK "/chains", SCOPE_READ, api_list_chains, 0},
	{"POST", STACK "/putback", SCOPE_OPERATE, api_put_back_chain, ROUTE_IDEMPOTENT},
	{"POST", STACK "/copy", SCOPE_OPERATE, api_copy_chain, ROUTE_IDEMPOTENT},
	{"POST", STACK "/trash", SCOPE_OPERATE, api_trash_chain, ROUTE_IDEMPOTENT},
	{"POST", STACK "/untrash", SCOPE_OPERATE, api_untrash_chain, ROUTE_IDEMPOTENT},
	{"POST", STACK "/empty", SCOPE_ADMIN, api_empty_trash, ROUTE_IDEMPOTENT},
	{"GET", STACK "/compose", SCOPE_READ, api_export_compose, 0},
	{"POST", STACK "/goback", SCOPE_OPERATE, api_go_back, ROUTE_IDEMPOTENT},
	{"POST", STACK "/letgo", SCOPE_OPERATE, api_let_go, ROUTE_IDEMPOTENT},
	{"GET", STACK "/incidents", SCOPE_READ, api_list_incidents, 0},
	{"GET", STACK "/incidents/{id}", SCOPE_READ, api_get_incident, 0},
	{"POST", STACK "/incidents/{id}/seen", SCOPE_OPERATE, api_see_incident, 0},
	{"PUT", SERVICE "/limits", SCOPE_OPERATE, api_set_limits, ROUTE_IDEMPOTENT},
	{"GET", SERVICE "/logs", SCOPE_READ, api_get_logs, ROUTE_STREAM},
	{"GET", SERVICE "/history", SCOPE_READ, api_get_history, 0},

	{"GET", V1 "/images", SCOPE_READ, api_list_images, 0},
	{"POST", V1 "/images/load", SCOPE_ADMIN, api_load_image, ROUTE_UPLOAD},
	{"POST", V1 "/images/build", SCOPE_ADMIN, api_build_image, ROUTE_IDEMPOTENT},
	{"POST", V1 "/images/pull", SCOPE_OPERATE, api_pull_image, ROUTE_IDEMPOTENT},

	{"GET", V1 "/jobs", SCOPE_READ, api_list_jobs, 0},
	{"GET", V1 "/jobs/{id}", SCOPE_READ, api_get_job, ROUTE_STREAM},
	{"POST", V1 "/jobs/{id}/cancel", SCOPE_OPERATE, api_cancel_job, 0},
	{"POST", V1 "/jobs/{id}/force", SCOPE_OPERATE, api_force_job, 0},
	{"POST", V1 "/jobs/{id}/accept", SCOPE_OPERATE, api_accept_job, 0},
	{"GET", V1 "/jobs/{id}/log", SCOPE_READ, api_get_job_log, 0},
	{"GET", V1 "/events", SCOPE_READ, api_stream_events, ROUTE_STREAM},
	{"GET", "/metrics", SCOPE_READ, api_get_metrics, ROUTE_METRICS},
	{0},
};

void routes_handle(void *app, struct http_req *req)
{
	dispatch(api_routes, app, req);
}
