/*
 * The mempool subjects: get `keep` objects in batches, then put them back in batches.
 */
#include "work.h"

static struct rte_mempool *
pool_of(const struct slice *slice)
{
	if (slice->command.cache == 0)
		return slice->objects->bare;
	return slice->command.cache == 256 ? slice->objects->cached_256 : slice->objects->cached_512;
}

static __rte_always_inline uint32_t
get(struct rte_mempool *pool, enum form form, void **to, uint32_t n)
{
	return (form == FORM_ONE ? rte_mempool_get(pool, to) : rte_mempool_get_bulk(pool, to, n)) == 0
		? n : 0;
}

static __rte_always_inline void
put(struct rte_mempool *pool, enum form form, void *const *from, uint32_t n)
{
	if (form == FORM_ONE)
		rte_mempool_put(pool, from[0]);
	else
		rte_mempool_put_bulk(pool, from, n);
}

static __rte_always_inline void
churn(const struct slice *slice, struct rte_mempool *pool, enum form form)
{
	const uint32_t n = form == FORM_ONE ? 1 : slice->command.batch;
	const uint32_t keep = RTE_MAX(n, slice->command.keep);
	const uint32_t operations = operations_per_look(keep);
	void *held[MAX_BATCH];
	uint64_t moved = 0, sum = 0;

	start_line(slice);
	const enum subject subject = (enum subject)slice->command.subject;
	if (slice->me == 1 && (subject == SUBJECT_POOL_ALONE || subject == SUBJECT_RECOVERABLE_ALONE))
		return;
	uint64_t begin = rte_rdtsc(), now;
	do {
		for (uint32_t i = 0; i < operations; i++) {
			for (uint32_t at = 0; at < keep; at += n) {
				while (unlikely(get(pool, form, held + at, n) == 0))
					rte_pause();
				for (uint32_t j = 0; j < n; j++)
					sum += (uintptr_t)held[at + j];
			}
			for (uint32_t at = 0; at < keep; at += n)
				put(pool, form, held + at, n);
			moved += keep;
		}
		now = rte_rdtsc();
	} while (now - begin < slice->command.slice_cycles);
	slice->result->elements = moved;
	slice->result->cycles = now - begin;
	slice->result->sum = sum;
}

void
run_pool(const struct slice *slice)
{
	struct rte_mempool *pool = pool_of(slice);

	if (slice->command.form == FORM_ONE)
		churn(slice, pool, FORM_ONE);
	else
		churn(slice, pool, FORM_BULK);
}
