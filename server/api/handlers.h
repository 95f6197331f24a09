/*
 * handlers: every operation of shared/api.yaml, named after its operationId. Where each one lives
 * is said here; what it does, in api.yaml.
 */
#ifndef API_HANDLERS_H
#define API_HANDLERS_H

#include "api/call.h"

/* api/access.c */
void api_get_health(struct api_call *call);
void api_get_openapi(struct api_call *call);
void api_setup(struct api_call *call);
void api_get_session(struct api_call *call);
void api_sign_in(struct api_call *call);
void api_sign_out(struct api_call *call);
void api_list_sessions(struct api_call *call);
void api_end_session(struct api_call *call);
void api_change_password(struct api_call *call);
void api_list_tokens(struct api_call *call);
void api_create_token(struct api_call *call);
void api_delete_token(struct api_call *call);

/* api/settings.c */
void api_get_settings(struct api_call *call);
void api_change_settings(struct api_call *call);

/* the present state */
void api_get_state(struct api_call *call);
void api_get_host(struct api_call *call);
void api_list_recipes(struct api_call *call);
void api_get_metrics(struct api_call *call);

/* stacks */
void api_list_stacks(struct api_call *call);
void api_install_stack(struct api_call *call);
void api_get_stack(struct api_call *call);
void api_change_stack(struct api_call *call);
void api_remove_stack(struct api_call *call);
void api_start_stack(struct api_call *call);
void api_stop_stack(struct api_call *call);
void api_restart_stack(struct api_call *call);
void api_check_upgrade(struct api_call *call);
void api_upgrade_stack(struct api_call *call);
void api_resync_stack(struct api_call *call);
void api_put_back_chain(struct api_call *call);
void api_copy_chain(struct api_call *call);
void api_trash_chain(struct api_call *call);
void api_untrash_chain(struct api_call *call);
void api_empty_trash(struct api_call *call);
void api_set_limits(struct api_call *call);
void api_export_compose(struct api_call *call);
void api_list_found(struct api_call *call);
void api_adopt_containers(struct api_call *call);
void api_go_back(struct api_call *call);
void api_let_go(struct api_call *call);
void api_import_compose(struct api_call *call);
void api_get_logs(struct api_call *call);
void api_get_history(struct api_call *call);

/* api/incidents.c */
void api_list_incidents(struct api_call *call);
void api_get_incident(struct api_call *call);
void api_see_incident(struct api_call *call);

/* api/chains.c */
void api_list_chains(struct api_call *call);

/* api/images.c */
void api_list_images(struct api_call *call);
void api_load_image(struct api_call *call);
void api_build_image(struct api_call *call);
void api_pull_image(struct api_call *call);

/* jobs and events */
void api_list_jobs(struct api_call *call);
void api_get_job(struct api_call *call);
void api_cancel_job(struct api_call *call);
void api_force_job(struct api_call *call);
void api_accept_job(struct api_call *call);
void api_get_job_log(struct api_call *call);
void api_stream_events(struct api_call *call);

#endif
