/*
 * What the files of the DPDK peer share: one slice's surroundings and its subjects.
 */
#ifndef PHALANX_BENCH_WORK_H
#define PHALANX_BENCH_WORK_H

#include <stdint.h>

#include <rte_common.h>
#include <rte_cycles.h>
#include <rte_mempool.h>
#include <rte_ring.h>

#include "control.h"

/* The objects both peers know by name; the primary makes them, once. */
struct objects {
	struct rte_ring *there[2]; /* by enum sync */
	struct rte_ring *back[2];
	struct rte_mempool *bare;
	struct rte_mempool *cached_256;
	struct rte_mempool *cached_512;
};

struct slice {
	struct control *control;
	const struct objects *objects;
	struct command command; /* a copy: the loops never touch the shared one */
	struct result *result;
	uint32_t me; /* 0 or 1 */
};

/* Both peers leave this at the same moment (within a line's way). */
void start_line(const struct slice *slice);

void run_line(const struct slice *slice);
void run_ring(const struct slice *slice);
void run_pool(const struct slice *slice);

/* Before the start line, by peer 0 only: rings empty, then `fill` elements in. */
void prepare_rings(const struct slice *slice);

/* Operations of n elements between two looks at the clock. */
static inline uint32_t
operations_per_look(uint32_t batch)
{
	return RTE_MAX(1u, CLOCK_EVERY / batch);
}

#endif
