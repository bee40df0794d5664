/*
 * Two ports joined by a wire: a process sends by the first and receives by the second, for some seconds;
 * then another process of its group does, on the same queues. In turn, primary first, each so many times.
 *
 *   wire EAL-ARGUMENTS -- SECONDS TIMES
 *
 * Prints "primary RECEIVED-A-SECOND" or "secondary ..." after each of its turns. tests/benches/devices has
 * the same loop on Phalanx.
 */
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_memzone.h>

enum { BURST = 32, FRAME = 60, MBUFS = 4095, CACHE = 128, DESCRIPTORS = 512, LOOKS_MAX = 4000 };

struct shared {
	_Atomic uint32_t turn; /* whose turn it is: even ones are the primary's */
};

static void
fail(const char *what)
{
	fprintf(stderr, "wire: %s\n", what);
	exit(1);
}

static void
write_frame(struct rte_mbuf *packet)
{
	uint8_t *bytes = (uint8_t *)rte_pktmbuf_append(packet, FRAME);

	if (bytes == NULL)
		fail("a packet has no room");
	memset(bytes, 0xff, 6);
	memset(bytes + 6, 2, 6);
	bytes[12] = 0x88;
	bytes[13] = 0xb5;
	memset(bytes + 14, 0x5a, FRAME - 14);
}

static int
is_ours(const struct rte_mbuf *packet)
{
	const uint8_t *bytes = rte_pktmbuf_mtod(packet, const uint8_t *);
	return bytes[12] == 0x88 && bytes[13] == 0xb5 && bytes[20] == 0x5a;
}

static uint64_t
receive_burst(uint64_t *strangers)
{
	struct rte_mbuf *came[BURST];
	uint16_t count = rte_eth_rx_burst(1, 0, came, BURST);

	for (uint16_t i = 0; i < count; i++)
		*strangers += !is_ours(came[i]);
	rte_pktmbuf_free_bulk(came, count);
	return count;
}

static void
send_burst(struct rte_mempool *pool)
{
	struct rte_mbuf *packets[BURST];

	if (rte_pktmbuf_alloc_bulk(pool, packets, BURST) != 0)
		return;
	for (int i = 0; i < BURST; i++)
		write_frame(packets[i]);
	uint16_t sent = rte_eth_tx_burst(0, 0, packets, BURST);
	rte_pktmbuf_free_bulk(packets + sent, BURST - sent);
}

static double
take_turn(struct rte_mempool *pool, int seconds)
{
	uint64_t received = 0, strangers = 0, hz = rte_get_tsc_hz();
	uint64_t begun = rte_rdtsc(), now;

	do {
		send_burst(pool);
		for (int i = 0; i < 4; i++) {
			uint64_t count = receive_burst(&strangers);
			received += count;
			if (count < BURST)
				break;
		}
		now = rte_rdtsc();
	} while (now - begun < hz * seconds);
	if (strangers > received / 100)
		fail("what came is not what was sent");
	return (double)received * hz / (now - begun);
}

static struct shared *
set_up(struct rte_mempool **pool)
{
	if (rte_eal_process_type() != RTE_PROC_PRIMARY) {
		const struct rte_memzone *zone = rte_memzone_lookup("wire");
		*pool = rte_mempool_lookup("packets");
		if (zone == NULL || *pool == NULL)
			fail("the primary has made nothing");
		return zone->addr;
	}
	*pool = rte_pktmbuf_pool_create("packets", MBUFS, CACHE, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	const struct rte_memzone *zone = rte_memzone_reserve("wire", sizeof(struct shared), SOCKET_ID_ANY, 0);
	if (zone == NULL || *pool == NULL)
		fail("no memory");
	memset(zone->addr, 0xff, sizeof(struct shared));
	for (uint16_t port = 0; port < 2; port++) {
		struct rte_eth_conf conf = { 0 };
		if (rte_eth_dev_configure(port, 1, 1, &conf) != 0 ||
		    rte_eth_rx_queue_setup(port, 0, DESCRIPTORS, SOCKET_ID_ANY, NULL, *pool) != 0 ||
		    rte_eth_tx_queue_setup(port, 0, DESCRIPTORS, SOCKET_ID_ANY, NULL) != 0 ||
		    rte_eth_dev_start(port) != 0)
			fail("a port cannot be set up");
		rte_eth_promiscuous_enable(port);
	}
	for (uint16_t port = 0; port < 2; port++) {
		struct rte_eth_link link;
		rte_eth_link_get(port, &link);
		if (!link.link_status)
			fail("a link is down");
	}
	return zone->addr;
}

int
main(int argc, char **argv)
{
	int taken = rte_eal_init(argc, argv);

	if (taken < 0 || argc - taken != 3)
		fail("wire EAL-ARGUMENTS -- SECONDS TIMES");
	int seconds = atoi(argv[taken + 1]), times = atoi(argv[taken + 2]);
	int is_primary = rte_eal_process_type() == RTE_PROC_PRIMARY;
	struct rte_mempool *pool;
	struct shared *shared = set_up(&pool);
	if (is_primary) {
		printf("ready\n");
		fflush(stdout);
		atomic_store(&shared->turn, 0);
	}
	for (uint32_t mine = is_primary ? 0 : 1; mine < 2 * (uint32_t)times; mine += 2) {
		for (int look = 0; atomic_load(&shared->turn) != mine; look++) {
			if (look == LOOKS_MAX)
				fail("the other one does not come");
			usleep(20000);
		}
		printf("%s %.0f\n", is_primary ? "primary" : "secondary", take_turn(pool, seconds));
		fflush(stdout);
		atomic_store(&shared->turn, mine + 1);
	}
	for (int look = 0; is_primary && atomic_load(&shared->turn) != 2 * (uint32_t)times; look++) {
		if (look == LOOKS_MAX)
			fail("the other one does not come");
		usleep(20000);
	}
	rte_eal_cleanup();
	return 0;
}
