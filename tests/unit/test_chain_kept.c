/* Chains set aside and put back; crashes included. */
#include "unit/chain_stage.h"

static void assert_aside(void)
{
	struct stat st;

	assert_true(has("kept/" ID "/node/" SST, "blocks"));
	assert_false(exists("node/chains/ethereum/db"));
	assert_true(has("node/chains/ethereum/network/key", "enode"));
	assert_true(has("node/keys/ethereum/a.json", "{}"));
	assert_false(exists(".node.new"));
	assert_int_equal(stat(in("node"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0750);
	assert_int_equal(stat(in("node/chains/ethereum/network"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(stat(in("node/chains/ethereum/network/key"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void test_set_aside_and_back(void **state)
{
	struct kept_list l = {0};

	(void)state;
	make_chain();
	assert_ok(chain_kept(top, &l, e));
	assert_int_equal(l.n, 0);
	assert_ok(set_aside(e));
	assert_aside();
	assert_ok(set_aside(e)); /* again: a success that changes nothing */
	assert_aside();
	assert_ok(chain_kept(top, &l, e));
	assert_int_equal(l.n, 1);
	assert_string_equal(l.items[0].id, ID);
	assert_string_equal(l.items[0].reason, "resync");
	assert_string_equal(l.items[0].image, "parity/parity:v1.6.8");
	assert_string_equal(json_str(l.items[0].options, "pruning", ""), "archive");
	assert_string_equal(json_str(l.items[0].about, "image", ""), "parity/parity:v1.6.8");
	assert_int_equal(l.items[0].at, 1795443302000);
	assert_int_equal(l.items[0].bytes, 4096);
	kept_list_free(&l);
	/* nothing but our copies stands there: they may go, also those of a try that met a full
	 * disk */
	put(".node.new/chains/ethereum/network/key", "enode");
	assert_ok(chain_put_back(top, "node", ID, NULL, NULL, e));
	assert_true(has("node/" SST, "blocks"));
	assert_false(exists("kept/" ID));
	assert_false(exists(".node.new"));
	assert_ok(chain_put_back(top, "node", ID, NULL, NULL, e)); /* again */
	assert_true(has("node/" SST, "blocks"));
	assert_code(chain_put_back(top, "node", ID2, NULL, NULL, e), "chain.kept_missing");
}

static void test_put_back_never_loses_the_present_chain(void **state)
{
	autojson json_t *about = json_object();
	struct kept_list l = {0};

	(void)state;
	make_chain();
	assert_ok(set_aside(e));
	put("node/chains/ethereum/network/key", "ENODE"); /* same length, other bytes */
	assert_code(chain_put_back(top, "node", ID, NULL, NULL, e), "chain.present");
	put("node/chains/ethereum/network/key", "enode");
	put("node/new-block", "2");
	assert_code(chain_put_back(top, "node", ID, NULL, NULL, e), "chain.present");
	assert_true(has("node/new-block", "2"));
	assert_true(has("node/keys/ethereum/a.json", "{}"));
	assert_code(chain_put_back(top, "node", ID, ID, NULL, e), "chain.present");
	json_put_str(about, "reason", "put_back");
	assert_ok(chain_put_back(top, "node", ID, ID2, about, e));
	assert_true(has("node/" SST, "blocks"));
	assert_true(has("kept/" ID2 "/node/new-block", "2"));
	assert_ok(chain_put_back(top, "node", ID, ID2, about, e)); /* again: not aside again */
	assert_true(has("node/" SST, "blocks"));
	assert_ok(chain_kept(top, &l, e));
	assert_int_equal(l.n, 1);
	assert_string_equal(l.items[0].id, ID2);
	assert_string_equal(l.items[0].reason, "put_back");
	assert_int_equal(l.items[0].bytes, -1);
	kept_list_free(&l);
	/* and the other way round */
	assert_ok(chain_put_back(top, "node", ID2, ID, about, e));
	assert_true(has("node/new-block", "2"));
	assert_true(has("kept/" ID "/node/" SST, "blocks"));
}

/* The states that a power cut can leave, each made by hand. */
static void test_cut_off_set_aside(void **state)
{
	struct kept_list l = {0};

	(void)state;
	make_chain();
	put(".node.new/stale/key", "of another try");
	assert_ok(set_aside(e));
	assert_aside();
	assert_false(exists("node/stale"));
	/* between the two renames */
	assert_int_equal(rename(in("node"), in(".node.new")), 0);
	assert_ok(chain_kept(top, &l, e));
	assert_int_equal(l.n, 1);
	kept_list_free(&l);
	assert_ok(set_aside(e));
	assert_aside();
	/* the same, and the engine made an empty folder there */
	assert_int_equal(rename(in("node"), in(".node.new")), 0);
	assert_int_equal(mkdir(in("node"), 0755), 0);
	assert_ok(set_aside(e));
	assert_aside();
	/* its undo from there */
	assert_int_equal(rename(in("node"), in(".node.new")), 0);
	assert_ok(chain_put_back(top, "node", ID, NULL, NULL, e));
	assert_true(has("node/" SST, "blocks"));
	/* before the first rename: kept.json is there, the chain is not */
	put("kept/" ID "/kept.json", "{}");
	assert_ok(chain_kept(top, &l, e));
	assert_int_equal(l.n, 0);
	assert_ok(chain_put_back(top, "node", ID, NULL, NULL, e));
	assert_true(has("node/" SST, "blocks"));
	assert_false(exists("kept/" ID));
	put("kept/" ID "/kept.json", "{}");
	assert_ok(set_aside(e));
	assert_aside();
}

static void test_cut_off_put_back(void **state)
{
	(void)state;
	make_chain();
	assert_ok(set_aside(e));
	put("node/new-block", "2");
	/* the present chain is aside, the other not yet back */
	put("kept/" ID2 "/kept.json", "{\"sub\":\"node\"}");
	assert_int_equal(rename(in("node"), in("kept/" ID2 "/node")), 0);
	assert_ok(chain_put_back(top, "node", ID, ID2, NULL, e));
	assert_true(has("node/" SST, "blocks"));
	assert_true(has("kept/" ID2 "/node/new-block", "2"));
	/* renamed, but the note and the clearing up were lost */
	put("kept/" ID "/kept.json", "{}");
	assert_ok(chain_unlink(top, ".put_back", e));
	assert_ok(chain_put_back(top, "node", ID, ID2, NULL, e));
	assert_true(has("node/" SST, "blocks"));
	assert_false(exists("kept/" ID));
	/* both names full: nothing is overwritten */
	assert_ok(set_aside(e));
	put("node/third", "3");
	assert_code(chain_put_back(top, "node", ID, ID2, NULL, e), "chain.present");
	assert_true(has("node/third", "3"));
	assert_true(has("kept/" ID2 "/node/new-block", "2"));
	assert_true(has("kept/" ID "/node/" SST, "blocks"));
}

static void test_set_aside_refuses(void **state)
{
	autofree char *big = xcalloc(1, SMALL_FILE + 1);

	(void)state;
	make();
	assert_code(chain_set_aside(top, "relay", ID, NULL, NULL, 0, e), "chain.missing");
	assert_false(exists("kept"));
	put("plain", "");
	assert_code(chain_set_aside(top, "plain", ID, NULL, NULL, 0, e), "path.not_folder");
	/* something huge under an identity's name stops it before anything has moved */
	put("node/" SST, "blocks");
	assert_ok(chain_write(top, "node/keys/ethereum/a", big, SMALL_FILE + 1, 0600, -1, -1, e));
	assert_code(set_aside(e), "chain.too_large");
	assert_true(has("node/" SST, "blocks"));
	assert_false(exists("kept"));
	assert_code(chain_put_back(in("none"), "node", ID, NULL, NULL, e), "chain.missing");
	put("kept/" ID "/somebody's", "");
	assert_code(chain_put_back(top, "node", ID, NULL, NULL, e), "chain.kept_missing");
}

static void test_kept_tolerates_junk(void **state)
{
	struct kept_list l = {0};

	(void)state;
	make();
	put("kept/file", "junk");
	put("kept/20260101-000000-a/kept.json", "{\"reason\":\"resync\"}"); /* no chain */
	put("kept/Bad Name/node/x", "");
	put("kept/20260102-000000-b/node/x", "");
	put("kept/20260102-000000-b/kept.json", "{not json");
	put("kept/20260103-000000-c/node/x", ""); /* no kept.json at all */
	put("kept/20260104-000000-d/kept.json", "{\"sub\":\"../..\",\"reason\":4}");
	put("kept/20260105-000000-e/data/x", "");
	put("kept/20260105-000000-e/kept.json", "{\"sub\":\"data\",\"options\":[]}");
	assert_int_equal(symlink("/usr", in("kept/20260106-000000-f")), 0);
	assert_ok(chain_kept(top, &l, e));
	assert_int_equal(l.n, 3);
	assert_string_equal(l.items[0].id, "20260105-000000-e");
	assert_true(json_is_object(l.items[0].options));
	assert_string_equal(l.items[1].id, "20260103-000000-c");
	assert_string_equal(l.items[1].reason, "unknown");
	assert_string_equal(l.items[2].id, "20260102-000000-b");
	assert_int_equal(l.items[2].at, -1);
	kept_list_free(&l);
	assert_code(chain_kept(in("none"), &l, e), "chain.missing");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_set_aside_and_back),
		TEST(test_put_back_never_loses_the_present_chain),
		TEST(test_cut_off_set_aside),
		TEST(test_cut_off_put_back),
		TEST(test_set_aside_refuses),
		TEST(test_kept_tolerates_junk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
