/*
 * The ring subjects. Each loop is written once, always inlined, and instantiated with a constant sync
 * and form, so that DPDK's own inline functions become what an application of it would get.
 */
#include "work.h"

static __rte_always_inline uint32_t
put(struct rte_ring *ring, enum sync sync, enum form form, void *const *from, uint32_t n)
{
	if (form == FORM_ONE)
		return (sync == SYNC_SPSC ? rte_ring_sp_enqueue(ring, from[0])
					  : rte_ring_mp_enqueue(ring, from[0])) == 0;
	if (form == FORM_BULK)
		return sync == SYNC_SPSC ? rte_ring_sp_enqueue_bulk(ring, from, n, NULL)
					 : rte_ring_mp_enqueue_bulk(ring, from, n, NULL);
	return sync == SYNC_SPSC ? rte_ring_sp_enqueue_burst(ring, from, n, NULL)
				 : rte_ring_mp_enqueue_burst(ring, from, n, NULL);
}

static __rte_always_inline uint32_t
take(struct rte_ring *ring, enum sync sync, enum form form, void **to, uint32_t n)
{
	if (form == FORM_ONE)
		return (sync == SYNC_SPSC ? rte_ring_sc_dequeue(ring, to)
					  : rte_ring_mc_dequeue(ring, to)) == 0;
	if (form == FORM_BULK)
		return sync == SYNC_SPSC ? rte_ring_sc_dequeue_bulk(ring, to, n, NULL)
					 : rte_ring_mc_dequeue_bulk(ring, to, n, NULL);
	return sync == SYNC_SPSC ? rte_ring_sc_dequeue_burst(ring, to, n, NULL)
				 : rte_ring_mc_dequeue_burst(ring, to, n, NULL);
}

/* Reading every element is part of the work. */
static __rte_always_inline uint64_t
sum_of(void *const *elements, uint32_t n)
{
	uint64_t sum = 0;
	for (uint32_t i = 0; i < n; i++)
		sum += (uintptr_t)elements[i];
	return sum;
}

static void
fill_batch(void **batch, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		batch[i] = (void *)(uintptr_t)(i + 1);
}

void
prepare_rings(const struct slice *slice)
{
	for (int sync = 0; sync < 2; sync++) {
		rte_ring_reset(slice->objects->there[sync]);
		rte_ring_reset(slice->objects->back[sync]);
	}
	for (uint32_t i = 0; i < slice->command.fill; i++)
		rte_ring_enqueue(slice->objects->there[slice->command.sync], (void *)(uintptr_t)1);
}

static __rte_always_inline void
alone(const struct slice *slice, struct rte_ring *ring, enum sync sync, enum form form)
{
	const uint32_t n = form == FORM_ONE ? 1 : slice->command.batch;
	const uint32_t operations = operations_per_look(n);
	void *out[MAX_BATCH], *in[MAX_BATCH];
	uint64_t moved = 0, sum = 0;

	fill_batch(out, n);
	start_line(slice);
	if (slice->me == 1)
		return;
	uint64_t begin = rte_rdtsc(), now;
	do {
		for (uint32_t i = 0; i < operations; i++) {
			put(ring, sync, form, out, n);
			uint32_t got = take(ring, sync, form, in, n);
			sum += sum_of(in, got);
			moved += got;
		}
		now = rte_rdtsc();
	} while (now - begin < slice->command.slice_cycles);
	slice->result->elements = moved;
	slice->result->cycles = now - begin;
	slice->result->sum = sum;
	if (sum != moved / n * sum_of(out, n))
		slice->result->status = STATUS_WRONG_SUM;
}

static __rte_always_inline void
produce(const struct slice *slice, struct rte_ring *ring, enum sync sync, enum form form)
{
	const uint32_t n = form == FORM_ONE ? 1 : slice->command.batch;
	const uint32_t operations = operations_per_look(n);
	struct control *control = slice->control;
	void *out[MAX_BATCH];
	uint64_t sent = 0, sum = 0;

	fill_batch(out, n);
	start_line(slice);
	uint64_t begin = rte_rdtsc(), now;
	do {
		for (uint32_t i = 0; i < operations; i++) {
			uint32_t done;
			while ((done = put(ring, sync, form, out, n)) == 0)
				rte_pause();
			sent += done;
			if (form == FORM_BURST)
				sum += (uint64_t)done * (done + 1) / 2;
		}
		now = rte_rdtsc();
	} while (now - begin < slice->command.slice_cycles);
	if (form != FORM_BURST)
		sum = sent / n * sum_of(out, n);
	atomic_store_explicit(&control->sent, sent, memory_order_relaxed);
	atomic_store_explicit(&control->sent_sum, sum, memory_order_relaxed);
	atomic_store_explicit(&control->stop, 1, memory_order_release);
}

static __rte_always_inline void
consume(const struct slice *slice, struct rte_ring *ring, enum sync sync, enum form form)
{
	const uint32_t n = form == FORM_ONE ? 1 : slice->command.batch;
	struct control *control = slice->control;
	void *in[MAX_BATCH];
	uint64_t moved = 0, sum = 0;

	start_line(slice);
	uint64_t begin = rte_rdtsc();
	for (;;) {
		uint32_t got = take(ring, sync, form, in, n);
		if (likely(got != 0)) {
			sum += sum_of(in, got);
			moved += got;
			continue;
		}
		if (atomic_load_explicit(&control->stop, memory_order_acquire) &&
		    moved == atomic_load_explicit(&control->sent, memory_order_relaxed))
			break;
		rte_pause();
	}
	slice->result->cycles = rte_rdtsc() - begin;
	slice->result->elements = moved;
	slice->result->sum = sum;
	if (sum != atomic_load_explicit(&control->sent_sum, memory_order_relaxed))
		slice->result->status = STATUS_WRONG_SUM;
}

static __rte_always_inline void
across(const struct slice *slice, struct rte_ring *ring, enum sync sync, enum form form)
{
	if (slice->me == 0)
		produce(slice, ring, sync, form);
	else
		consume(slice, ring, sync, form);
}

static __rte_always_inline void
both(const struct slice *slice, struct rte_ring *ring, enum sync sync, enum form form)
{
	const uint32_t n = form == FORM_ONE ? 1 : slice->command.batch;
	const uint32_t operations = operations_per_look(n);
	void *out[MAX_BATCH], *in[MAX_BATCH];
	uint64_t moved = 0, sum = 0;

	fill_batch(out, n);
	start_line(slice);
	uint64_t begin = rte_rdtsc(), now;
	do {
		for (uint32_t i = 0; i < operations; i++) {
			while (put(ring, sync, form, out, n) == 0)
				rte_pause();
			uint32_t got;
			while ((got = take(ring, sync, form, in, n)) == 0)
				rte_pause();
			sum += sum_of(in, got);
			moved += got;
		}
		now = rte_rdtsc();
	} while (now - begin < slice->command.slice_cycles);
	slice->result->elements = moved;
	slice->result->cycles = now - begin;
	slice->result->sum = sum;
}

/* No pause while waiting here: a trip is about time, and the bare line does not pause either. */
static __rte_always_inline void
trip(const struct slice *slice, struct rte_ring *there, struct rte_ring *back, enum sync sync)
{
	void *element = NULL;
	uint64_t trips = 0;

	start_line(slice);
	if (slice->me == 1) {
		do {
			while (take(there, sync, FORM_ONE, &element, 1) == 0)
				;
			put(back, sync, FORM_ONE, &element, 1);
		} while ((uintptr_t)element != TRIP_STOP);
		return;
	}
	uint64_t begin = rte_rdtsc(), now;
	do {
		for (int i = 0; i < 32; i++) {
			void *question = (void *)(uintptr_t)(trips + 1);
			put(there, sync, FORM_ONE, &question, 1);
			while (take(back, sync, FORM_ONE, &element, 1) == 0)
				;
			if (unlikely(element != question))
				slice->result->status = STATUS_WRONG_SUM;
			trips++;
		}
		now = rte_rdtsc();
	} while (now - begin < slice->command.slice_cycles);
	element = (void *)(uintptr_t)TRIP_STOP;
	put(there, sync, FORM_ONE, &element, 1);
	while (take(back, sync, FORM_ONE, &element, 1) == 0)
		;
	slice->result->elements = trips;
	slice->result->cycles = now - begin;
}

typedef void loop(const struct slice *slice, struct rte_ring *ring, enum sync sync, enum form form);

static __rte_always_inline void
with_form(const struct slice *slice, struct rte_ring *ring, enum sync sync, loop *body)
{
	if (slice->command.form == FORM_ONE)
		body(slice, ring, sync, FORM_ONE);
	else if (slice->command.form == FORM_BULK)
		body(slice, ring, sync, FORM_BULK);
	else
		body(slice, ring, sync, FORM_BURST);
}

static __rte_always_inline void
with_sync(const struct slice *slice, loop *body)
{
	if (slice->command.sync == SYNC_SPSC)
		with_form(slice, slice->objects->there[SYNC_SPSC], SYNC_SPSC, body);
	else
		with_form(slice, slice->objects->there[SYNC_MPMC], SYNC_MPMC, body);
}

void
run_ring(const struct slice *slice)
{
	const struct objects *objects = slice->objects;

	if (slice->command.subject == SUBJECT_RING_ALONE)
		with_sync(slice, alone);
	else if (slice->command.subject == SUBJECT_RING_ACROSS)
		with_sync(slice, across);
	else if (slice->command.subject == SUBJECT_RING_BOTH)
		with_sync(slice, both);
	else if (slice->command.sync == SYNC_SPSC)
		trip(slice, objects->there[SYNC_SPSC], objects->back[SYNC_SPSC], SYNC_SPSC);
	else
		trip(slice, objects->there[SYNC_MPMC], objects->back[SYNC_MPMC], SYNC_MPMC);
}
