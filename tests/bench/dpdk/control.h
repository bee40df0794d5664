/*
 * The control page: how the driver tells a pair of peers what to run, and how they answer.
 *
 * One page, mapped by the driver and by both peers of a pair. What different processes write lies in
 * different 128-byte blocks. The Rust side of this layout is `tests/benches/versus_dpdk/control.rs`;
 * both sides assert the offsets, so a change to one that the other misses does not compile.
 */
#ifndef PHALANX_BENCH_CONTROL_H
#define PHALANX_BENCH_CONTROL_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define CONTROL_BYTES 4096u
#define BLOCK _Alignas(128)

/* What to run. The numbers are the protocol. */
enum subject {
	SUBJECT_QUIT = 0,        /* leave the loop and exit */
	SUBJECT_LINE = 1,        /* one word to and fro between the peers, nothing else */
	SUBJECT_RING_ALONE = 2,  /* peer 0 puts a batch in and takes it out again */
	SUBJECT_RING_ACROSS = 3, /* peer 0 produces, peer 1 consumes */
	SUBJECT_RING_BOTH = 4,   /* both peers put a batch in and take one out */
	SUBJECT_RING_TRIP = 5,   /* one element there through a ring and back through another */
	SUBJECT_POOL_ALONE = 6,  /* peer 0 gets objects and puts them back */
	SUBJECT_POOL_BOTH = 7,   /* both peers do that, on one pool */
	SUBJECT_TWO_LINES = 8,   /* one word there, another back: the floor under a round trip */
	SUBJECT_RECOVERABLE_ALONE = 9, /* as POOL_ALONE; recoverable on the other side */
	SUBJECT_RECOVERABLE_BOTH = 10, /* as POOL_BOTH; recoverable on the other side */
};

enum sync { SYNC_SPSC = 0, SYNC_MPMC = 1 };
enum form { FORM_ONE = 0, FORM_BULK = 1, FORM_BURST = 2 };
enum status { STATUS_OK = 0, STATUS_UNKNOWN_SUBJECT = 1, STATUS_WRONG_SUM = 2 };

/* Written by the driver, then `go` is raised by one and both peers are woken. */
struct command {
	_Atomic uint32_t go;
	uint32_t subject;
	uint32_t sync;
	uint32_t form;
	uint32_t batch; /* elements an operation */
	uint32_t fill;  /* elements placed in the ring before the start */
	uint32_t cache; /* objects in the pool's per-core cache; 0 = no cache */
	uint32_t keep;  /* objects held before they are put back; a multiple of batch */
	uint64_t slice_cycles;
};

/* Written by one peer at the end of a slice. */
struct result {
	uint64_t elements;    /* moved by this peer; 0 if its work is counted by the other */
	uint64_t cycles;      /* TSC cycles this peer's part took */
	uint64_t sum;         /* of all it read, so that no read can be left out */
	uint64_t preempted;   /* times the kernel took the processor away meanwhile */
	uint32_t status;
};

struct control {
	BLOCK struct command command;
	BLOCK _Atomic uint32_t done;         /* raised by each peer; the driver sleeps on it */
	BLOCK _Atomic uint64_t sent;         /* elements the producer put in; valid once stop is set */
	_Atomic uint64_t sent_sum;
	_Atomic uint32_t stop;
	struct { BLOCK _Atomic uint32_t go; } ready[2]; /* the start line: the go each peer stands at */
	struct { BLOCK _Atomic uint32_t pid; } alive[2];
	struct { BLOCK struct result result; } answer[2];
	BLOCK _Atomic uint64_t line;         /* the word of SUBJECT_LINE */
	BLOCK _Atomic uint64_t line_back;    /* for SUBJECT_TWO_LINES, which this side leaves to the other */
};

_Static_assert(offsetof(struct control, done) == 128, "done");
_Static_assert(offsetof(struct control, sent) == 256, "sent");
_Static_assert(offsetof(struct control, ready) == 384, "ready");
_Static_assert(offsetof(struct control, alive) == 640, "alive");
_Static_assert(offsetof(struct control, answer) == 896, "answer");
_Static_assert(offsetof(struct control, line) == 1152, "line");
_Static_assert(offsetof(struct control, line_back) == 1280, "line_back");
_Static_assert(sizeof(struct control) == 1408, "control");

/* The sentinels that end a conversation between the peers. */
#define LINE_STOP UINT64_MAX
#define TRIP_STOP UINT64_MAX

/* Elements between two looks at the clock, in every loop of every side. */
#define CLOCK_EVERY 2048u
#define RING_COUNT 1024u
#define POOL_OBJECTS 8191u
#define OBJECT_BYTES 64u
#define MAX_BATCH 512u

#endif
