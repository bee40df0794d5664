/*
 * The storm on DPDK: four processes move buffers between a pool and two MP/MC rings while one secondary
 * after the other is killed and started anew. The primary is never killed: nothing survives that.
 *
 *     storm KILLS
 *
 * Prints how many buffers are gone at the end. If a killed process has left a ring that others wait
 * for without an end, it says after which kill, and how many processes hang there. The same work as
 * `tests/src/bin/phalanx-storm`. Needs hugepages; run by hand, see README.md.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_mempool.h>
#include <rte_ring.h>

#define PROCESSES 4u
#define BUFFERS 1023u
#define CACHE 32u
#define SLOTS 256u
#define BATCH 16u
#define HANGS_US 5000000u

/* What driver and workers tell each other: a page that all map, and no DPDK in it. */
struct page {
	_Atomic uint32_t stop;
	_Atomic uint32_t ready;                /* the primary has made everything */
	_Atomic uint32_t stopped[PROCESSES];
	_Alignas(128) _Atomic uint64_t rounds[PROCESSES][16];
	_Atomic uint32_t free_buffers;         /* at the end, by the primary */
	_Atomic uint32_t counted;
};

static struct page *page;

static uint32_t
below(uint64_t *random, uint32_t end)
{
	*random ^= *random << 13;
	*random ^= *random >> 7;
	*random ^= *random << 17;
	return (uint32_t)(*random >> 16) % end;
}

static void
send_all(struct rte_ring *ring, struct rte_mempool *pool, void **objects, uint32_t n)
{
	uint32_t sent = rte_ring_enqueue_burst(ring, objects, n, NULL);

	if (sent < n)
		rte_mempool_put_bulk(pool, objects + sent, n - sent);
}

static void
work(uint32_t me, struct rte_mempool *pool, struct rte_ring *rings[2])
{
	uint64_t random = (uint64_t)getpid() | 1;
	void *objects[BATCH];

	while (atomic_load(&page->stop) == 0) {
		uint32_t n = 1 + below(&random, BATCH);
		uint32_t way = below(&random, 2);

		if (rte_mempool_get_bulk(pool, objects, n) == 0)
			send_all(rings[way], pool, objects, n);
		way = below(&random, 2);
		n = rte_ring_dequeue_burst(rings[way], objects, BATCH, NULL);
		if (n > 0 && below(&random, 4) == 0)
			send_all(rings[1 - way], pool, objects, n);
		else if (n > 0)
			rte_mempool_put_bulk(pool, objects, n);
		atomic_fetch_add(&page->rounds[me][0], 1);
	}
	rte_mempool_cache_flush(rte_mempool_default_cache(pool, rte_lcore_id()), pool);
	atomic_store(&page->stopped[me], 1);
}

/* All others have stopped: empties the rings, and counts. */
static void
count(struct rte_mempool *pool, struct rte_ring *rings[2])
{
	void *object = NULL;

	for (uint32_t i = 0; i < 2; i++)
		while (rte_ring_dequeue(rings[i], &object) == 0)
			rte_mempool_put(pool, object);
	atomic_store(&page->free_buffers, rte_mempool_avail_count(pool));
	atomic_store(&page->counted, 1);
}

static int
member(uint32_t me, const char *prefix)
{
	char lcores[32], files[64];
	char *arguments[] = {"storm", lcores, files, me == 0 ? "--proc-type=primary" : "--proc-type=secondary",
		"-m", "64", "--no-pci", "--no-telemetry", "--log-level=*:critical", NULL};
	struct rte_ring *rings[2];
	struct rte_mempool *pool;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(lcores, sizeof(lcores), "--lcores=%u@(%ld)", me, me % sysconf(_SC_NPROCESSORS_ONLN));
	snprintf(files, sizeof(files), "--file-prefix=%s", prefix);
	if (rte_eal_init((int)RTE_DIM(arguments) - 1, arguments) < 0) {
		fprintf(stderr, "rte_eal_init: %s\n", rte_strerror(rte_errno));
		return 1;
	}
	if (me == 0) {
		rings[0] = rte_ring_create("storm.0", SLOTS, SOCKET_ID_ANY, 0);
		rings[1] = rte_ring_create("storm.1", SLOTS, SOCKET_ID_ANY, 0);
		pool = rte_mempool_create("storm", BUFFERS, 64, CACHE, 0, NULL, NULL, NULL, NULL, SOCKET_ID_ANY, 0);
	} else {
		rings[0] = rte_ring_lookup("storm.0");
		rings[1] = rte_ring_lookup("storm.1");
		pool = rte_mempool_lookup("storm");
	}
	if (rings[0] == NULL || rings[1] == NULL || pool == NULL) {
		fprintf(stderr, "no rings or no pool: %s\n", rte_strerror(rte_errno));
		return 1;
	}
	if (me == 0)
		atomic_store(&page->ready, 1);
	work(me, pool, rings);
	if (me == 0) {
		for (uint32_t i = 1; i < PROCESSES; i++)
			for (uint32_t us = 0; atomic_load(&page->stopped[i]) == 0 && us < HANGS_US; us += 1000)
				usleep(1000);
		count(pool, rings);
		while (getppid() != 1 && atomic_load(&page->stop) == 1)
			usleep(1000);
		rte_eal_cleanup();
	}
	return 0;
}

static pid_t
start(uint32_t me, const char *prefix)
{
	pid_t pid = fork();

	if (pid == 0) {
		atomic_store(&page->stopped[me], 0);
		_exit(member(me, prefix));
	}
	return pid;
}

/* How many processes make no round for a long time; none, if the primary does, which never starts anew. */
static uint32_t
hanging(void)
{
	uint64_t before[PROCESSES];
	uint32_t hang = 0;

	for (uint32_t i = 0; i < PROCESSES; i++)
		before[i] = atomic_load(&page->rounds[i][0]);
	usleep(HANGS_US);
	for (uint32_t i = 0; i < PROCESSES; i++)
		hang += atomic_load(&page->rounds[i][0]) == before[i];
	return atomic_load(&page->rounds[0][0]) == before[0] ? hang : 0;
}

/* What DPDK leaves behind when its primary is killed. */
static void
remove_files(const char *prefix)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf /dev/hugepages/%smap_* /var/run/dpdk/%s", prefix, prefix);
	if (system(command) != 0)
		fprintf(stderr, "files of %s are left\n", prefix);
}

int
main(int argc, char **argv)
{
	uint32_t kills = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 60, done = 0, hang = 0;
	uint64_t random = 0x2545f4914f6cdd1dull, last = 0;
	pid_t pids[PROCESSES];
	char prefix[32];

	page = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED)
		return 1;
	snprintf(prefix, sizeof(prefix), "storm%d", getpid());
	pids[0] = start(0, prefix);
	for (uint32_t ms = 0; atomic_load(&page->ready) == 0 && ms < 10000; ms++)
		usleep(1000);
	for (uint32_t i = 1; i < PROCESSES; i++)
		pids[i] = start(i, prefix);
	while (done < kills && hang == 0) {
		usleep(below(&random, 100000));
		uint32_t me = 1 + below(&random, PROCESSES - 1);
		kill(pids[me], SIGKILL);
		waitpid(pids[me], NULL, 0);
		pids[me] = start(me, prefix);
		done++;
		/* The primary is never killed: if it does nothing, it waits for the dead. */
		uint64_t rounds = atomic_load(&page->rounds[0][0]);
		if (rounds == last)
			hang = hanging();
		last = rounds;
	}
	if (hang == 0) {
		sleep(1);
		hang = hanging();
	}
	atomic_store(&page->stop, 1);
	for (uint32_t ms = 0; atomic_load(&page->counted) == 0 && ms < 5000; ms++)
		usleep(1000);
	printf("%u kills of secondaries: ", done);
	if (hang > 0)
		printf("%u of %u processes wait for a dead one for ever\n", hang, PROCESSES);
	else if (atomic_load(&page->counted) == 0)
		printf("the primary does not stop\n");
	else
		printf("%d of %u buffers lost\n", (int)BUFFERS - (int)atomic_load(&page->free_buffers), BUFFERS);
	atomic_store(&page->stop, 2);
	usleep(200000);
	for (uint32_t i = 0; i < PROCESSES; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
	remove_files(prefix);
	return 0;
}
