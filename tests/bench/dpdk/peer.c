/*
 * One half of the DPDK pair. Started twice by the driver, as
 *
 *     peer CONTROL_FILE 0 EAL-ARGUMENTS...      the primary: makes the rings and pools
 *     peer CONTROL_FILE 1 EAL-ARGUMENTS...      the secondary: looks them up
 *
 * and from then on moved by the control page: it sleeps until `go` changes, runs one slice, answers.
 * Rings and pools are made once and kept, so no slice pays for a start.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <rte_debug.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>

#include "work.h"

static void
futex(_Atomic uint32_t *word, int operation, uint32_t value)
{
	syscall(SYS_futex, word, operation, value, NULL, NULL, 0);
}

static struct control *
map_control(const char *path)
{
	int file = open(path, O_RDWR | O_CLOEXEC);
	if (file < 0)
		rte_exit(1, "cannot open the control page %s: %s\n", path, strerror(errno));
	void *page = mmap(NULL, CONTROL_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	if (page == MAP_FAILED)
		rte_exit(1, "cannot map the control page %s: %s\n", path, strerror(errno));
	close(file);
	return page;
}

static struct rte_ring *
ring_named(const char *name, uint32_t me, unsigned int flags)
{
	struct rte_ring *ring = me == 0 ? rte_ring_create(name, RING_COUNT, SOCKET_ID_ANY, flags)
					: rte_ring_lookup(name);
	if (ring == NULL)
		rte_exit(1, "no ring %s: %s\n", name, rte_strerror(rte_errno));
	return ring;
}

static struct rte_mempool *
pool_named(const char *name, uint32_t me, unsigned int cache)
{
	struct rte_mempool *pool = me == 0
		? rte_mempool_create(name, POOL_OBJECTS, OBJECT_BYTES, cache, 0, NULL, NULL, NULL,
				     NULL, SOCKET_ID_ANY, 0)
		: rte_mempool_lookup(name);
	if (pool == NULL)
		rte_exit(1, "no mempool %s: %s\n", name, rte_strerror(rte_errno));
	return pool;
}

static void
open_objects(struct objects *objects, uint32_t me)
{
	const unsigned int single = RING_F_SP_ENQ | RING_F_SC_DEQ;

	objects->there[SYNC_SPSC] = ring_named("there-single", me, single);
	objects->back[SYNC_SPSC] = ring_named("back-single", me, single);
	objects->there[SYNC_MPMC] = ring_named("there-multi", me, 0);
	objects->back[SYNC_MPMC] = ring_named("back-multi", me, 0);
	objects->bare = pool_named("pool-bare", me, 0);
	objects->cached_256 = pool_named("pool-256", me, 256);
	objects->cached_512 = pool_named("pool-512", me, 512);
}

void
start_line(const struct slice *slice)
{
	struct control *control = slice->control;
	uint32_t go = slice->command.go;

	atomic_store_explicit(&control->ready[slice->me].go, go, memory_order_release);
	while (atomic_load_explicit(&control->ready[1 - slice->me].go, memory_order_acquire) != go)
		;
}

static uint64_t
times_preempted(void)
{
	struct rusage usage;
	getrusage(RUSAGE_THREAD, &usage);
	return (uint64_t)usage.ru_nivcsw;
}

static void
run_slice(const struct slice *slice)
{
	if (slice->me == 0)
		prepare_rings(slice);
	switch (slice->command.subject) {
	case SUBJECT_LINE:
		run_line(slice);
		break;
	case SUBJECT_RING_ALONE:
	case SUBJECT_RING_ACROSS:
	case SUBJECT_RING_BOTH:
	case SUBJECT_RING_TRIP:
		run_ring(slice);
		break;
	case SUBJECT_POOL_ALONE:
	case SUBJECT_POOL_BOTH:
	case SUBJECT_RECOVERABLE_ALONE:
	case SUBJECT_RECOVERABLE_BOTH:
		run_pool(slice);
		break;
	default:
		slice->result->status = STATUS_UNKNOWN_SUBJECT;
	}
}

/* One slice: copy the command, run it, answer, wake the driver. False once told to quit. */
static int
answer_one(struct control *control, const struct objects *objects, uint32_t me)
{
	struct result result = {0};
	struct slice slice = {
		.control = control, .objects = objects, .result = &result, .me = me,
		.command = control->command,
	};
	uint64_t before = times_preempted();

	if (slice.command.subject != SUBJECT_QUIT)
		run_slice(&slice);
	result.preempted = times_preempted() - before;
	control->answer[me].result = result;
	atomic_fetch_add_explicit(&control->done, 1, memory_order_release);
	futex(&control->done, FUTEX_WAKE, INT32_MAX);
	return slice.command.subject != SUBJECT_QUIT;
}

static void
serve(struct control *control, const struct objects *objects, uint32_t me)
{
	uint32_t seen = 0, go;

	do {
		while ((go = atomic_load_explicit(&control->command.go, memory_order_acquire)) == seen)
			futex(&control->command.go, FUTEX_WAIT, seen);
		seen = go;
	} while (answer_one(control, objects, me));
}

int
main(int argc, char **argv)
{
	struct objects objects;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (argc < 3) {
		fprintf(stderr, "usage: peer CONTROL_FILE 0|1 EAL-ARGUMENTS...\n");
		return 2;
	}
	struct control *control = map_control(argv[1]);
	uint32_t me = argv[2][0] == '1';
	argv[2] = argv[0];
	if (rte_eal_init(argc - 2, argv + 2) < 0)
		rte_exit(1, "rte_eal_init: %s\n", rte_strerror(rte_errno));
	open_objects(&objects, me);
	atomic_store_explicit(&control->alive[me].pid, (uint32_t)getpid(), memory_order_release);
	futex(&control->alive[me].pid, FUTEX_WAKE, INT32_MAX);
	serve(control, &objects, me);
	rte_eal_cleanup();
	return 0;
}
