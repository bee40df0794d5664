/*
 * How long a DPDK secondary takes to join. Started as
 *
 *     attach EXEC_NS EAL-ARGUMENTS...
 *
 * where EXEC_NS is CLOCK_MONOTONIC just before the exec. Prints two numbers in nanoseconds: from there
 * to rte_eal_init's return, and rte_eal_init alone.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <rte_eal.h>
#include <rte_errno.h>

static uint64_t
now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

int
main(int argc, char **argv)
{
	uint64_t entered = now_ns();

	if (argc < 2) {
		fprintf(stderr, "usage: attach EXEC_NS EAL-ARGUMENTS...\n");
		return 2;
	}
	uint64_t executed = strtoull(argv[1], NULL, 10);
	argv[1] = argv[0];
	if (rte_eal_init(argc - 1, argv + 1) < 0) {
		fprintf(stderr, "rte_eal_init: %s\n", rte_strerror(rte_errno));
		return 1;
	}
	uint64_t joined = now_ns();
	printf("%" PRIu64 " %" PRIu64 "\n", joined - executed, joined - entered);
	rte_eal_cleanup();
	return 0;
}
