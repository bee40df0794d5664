/* How many packets the clients of DPDK's mp_server have sent: a secondary that looks at the samples' own zone.
 *
 * Says "ready", and for each line of its input "ok PACKETS NANOSECONDS": the sum over clients and ports, and
 * CLOCK_MONOTONIC at that moment. Ends with its input.
 */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_memzone.h>

#include "common.h"

static uint64_t sent(const struct port_info *ports)
{
	uint64_t sum = 0;
	for (unsigned client = 0; client < MAX_CLIENTS; client++)
		for (unsigned port = 0; port < RTE_MAX_ETHPORTS; port++)
			sum += ports->tx_stats[client].tx[port];
	return sum;
}

int main(int argc, char **argv)
{
	char line[64];
	struct timespec now;

	if (rte_eal_init(argc, argv) < 0) {
		fprintf(stderr, "served: the EAL did not start\n");
		return 1;
	}
	const struct rte_memzone *zone = rte_memzone_lookup(MZ_PORT_INFO);
	if (zone == NULL) {
		fprintf(stderr, "served: there is no zone " MZ_PORT_INFO "; is mp_server running?\n");
		return 1;
	}
	puts("ready");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin) != NULL) {
		uint64_t packets = sent(zone->addr);
		clock_gettime(CLOCK_MONOTONIC, &now);
		printf("ok %" PRIu64 " %" PRIu64 "\n", packets,
		       (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec);
		fflush(stdout);
	}
	return 0;
}
