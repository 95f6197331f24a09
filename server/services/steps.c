/* The table of step kinds. */
#include "services/steps.h"

#include <string.h>

#include "services/steps_priv.h"

static const struct step_kind kinds[] = {
	{"check", run_check, NULL, false},
	{"folder", run_folder, undo_folder, false},
	{"config", run_config, undo_config, false},
	{"pull", run_pull, NULL, false},
	{"image_check", run_image_check, undo_image_check, false},
	{"image_load", run_image_load, NULL, false},
	{"image_build", run_image_build, NULL, false},
	{"image_tidy", run_image_tidy, NULL, true},
	{"network", run_network, undo_network, false},
	{"create", run_create, undo_create, false},
	{"stop", run_stop, undo_stop, false},
	{"owner", run_owner, undo_owner, false},
	{"set_aside", run_set_aside, undo_set_aside, false},
	{"put_back", run_put_back, undo_put_back, false},
	{"move_in", run_move_in, undo_move_in, false},
	{"move_out", run_move_out, undo_move_out, false},
	{"copy_in", run_copy_in, undo_copy_in, false},
	{"rename", run_rename, undo_rename, false},
	{"wake", run_wake, undo_wake, false},
	{"start", run_start, undo_start, false},
	{"swap", run_swap, undo_swap, false},
	{"limits", run_limits, undo_limits, false},
	{"verify", run_verify, NULL, false},
	{"remove", run_remove, undo_remove, false},
	{"copy", run_copy, undo_copy, false},
	{"watch", run_watch, NULL, false},
	{"trash", run_trash, undo_trash, false},
	{"untrash", run_untrash, undo_untrash, false},
	{"delete", run_delete, NULL, true},
	{"commit", run_commit, NULL, true},
	{"discard", run_discard, NULL, true},
	{"report", run_report, NULL, true},
	{"network_remove", run_network_remove, NULL, true},
};

const struct step_kind *step_kind_find(const char *name)
{
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (!strcmp(kinds[i].name, name))
			return &kinds[i];
	return NULL;
}
