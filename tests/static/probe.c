/*
 * probe URL: one call by io/fetch, from a program that is linked like the package's own. Prints
 * "STATUS BODY", or the code of the error and ends with 1.
 */
#include "io/fetch.h"

#include <stdio.h>

int main(int argc, char **argv)
{
	autoanswer struct fetch_answer a = {0};
	struct err e = {0};

	if (argc != 2)
		return 2;
	fetch_init();
	if (fetch_run(&(struct fetch){.url = argv[1], .connect_ms = 60000, .total_ms = 60000}, &a,
		    &e)) {
		printf("%s %s\n", e.code, e.message);
		return 1;
	}
	printf("%d %s\n", a.status, a.body.data ? a.body.data : "");
	return 0;
}
