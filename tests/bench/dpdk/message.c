/*
 * Round trips of rte_mp_request_sync, 64 bytes there and back. Started as
 *
 *     message ask|answer EAL-ARGUMENTS...
 *
 * and told on standard input: "slice MS" makes the asker ask for so long and answer with a line
 * "ok COUNT P50 P99", nanoseconds; the answerer just says "ok". Ends with its input.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rte_eal.h>
#include <rte_errno.h>

#define NAME "bench_ping"
#define BYTES 64
#define MOST 200000

static uint32_t times[MOST];

static uint64_t
now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int
by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

static int
echo(const struct rte_mp_msg *msg, const void *peer)
{
	struct rte_mp_msg reply = *msg;
	return rte_mp_reply(&reply, peer);
}

static int
ask_for(uint64_t slice_ns)
{
	struct timespec limit = { .tv_sec = 5 };
	struct rte_mp_msg request;
	uint64_t begin = now_ns(), last = begin;
	unsigned int count = 0;

	memset(&request, 0, sizeof(request));
	snprintf(request.name, sizeof(request.name), NAME);
	request.len_param = BYTES;
	while (last - begin < slice_ns && count < MOST) {
		struct rte_mp_reply reply;
		if (rte_mp_request_sync(&request, &reply, &limit) < 0 || reply.nb_received != 1) {
			printf("error %s\n", rte_strerror(rte_errno));
			return -1;
		}
		free(reply.msgs);
		uint64_t now = now_ns();
		times[count++] = (uint32_t)(now - last);
		last = now;
	}
	qsort(times, count, sizeof(times[0]), by_size);
	printf("ok %u %u %u\n", count, times[count / 2], times[count - 1 - count / 100]);
	return 0;
}

int
main(int argc, char **argv)
{
	char line[64];

	if (argc < 2) {
		fprintf(stderr, "usage: message ask|answer EAL-ARGUMENTS...\n");
		return 2;
	}
	int asks = strcmp(argv[1], "ask") == 0;
	argv[1] = argv[0];
	if (rte_eal_init(argc - 1, argv + 1) < 0) {
		fprintf(stderr, "rte_eal_init: %s\n", rte_strerror(rte_errno));
		return 1;
	}
	if (!asks && rte_mp_action_register(NAME, echo) < 0) {
		fprintf(stderr, "rte_mp_action_register: %s\n", rte_strerror(rte_errno));
		return 1;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("ready\n");
	while (fgets(line, sizeof(line), stdin) != NULL) {
		unsigned int ms = 0;
		if (!asks)
			printf("ok\n");
		else if (sscanf(line, "slice %u", &ms) == 1 && ask_for((uint64_t)ms * 1000000u) < 0)
			break;
	}
	rte_eal_cleanup();
	return 0;
}
