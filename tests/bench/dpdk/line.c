/*
 * The bare cache line: one word to and fro. It tells which state the machine is in, and it is the
 * floor under every round trip.
 */
#include "work.h"

void
run_line(const struct slice *slice)
{
	_Atomic uint64_t *line = &slice->control->line;
	uint64_t trips = 0;

	start_line(slice);
	if (slice->me == 1) {
		uint64_t expected = 1;
		for (;;) {
			uint64_t seen = atomic_load_explicit(line, memory_order_acquire);
			if (seen == LINE_STOP)
				return;
			if (seen != expected)
				continue;
			atomic_store_explicit(line, expected + 1, memory_order_release);
			expected += 2;
		}
	}
	uint64_t begin = rte_rdtsc(), now;
	do {
		for (int i = 0; i < 32; i++) {
			uint64_t ask = 2 * trips + 1;
			atomic_store_explicit(line, ask, memory_order_release);
			while (atomic_load_explicit(line, memory_order_acquire) != ask + 1)
				;
			trips++;
		}
		now = rte_rdtsc();
	} while (now - begin < slice->command.slice_cycles);
	atomic_store_explicit(line, LINE_STOP, memory_order_release);
	slice->result->elements = trips;
	slice->result->cycles = now - begin;
}
