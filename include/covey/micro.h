/* Covey for firmware: one call that answers from the device's own int8 engine or from an agent, as
 * configured.
 *
 *   static covey_session session;
 *   covey_session_open(&session, &parts);       // engine, link and clock come from the board
 *   covey_set_place(&session, "agent tcp://10.0.2.2:7700", "resnet56");  // or "local"; any time
 *   covey_result result;
 *   if (covey_classify(&session, &image, &options, &result) == COVEY_OK)
 *     Show(result.classes[0].index, result.classes[0].confidence, result.place);
 *
 * C11, freestanding: no heap, no threads, no libc. The application code is the same for every
 * place.
 * Memory: the session is caller-owned and of fixed size (COVEY_SESSION_BYTES, with all its
 * buffers); an image is taken from a callback piece by piece, so memory does not grow with it.
 * Deadlines: a call returns COVEY_OK only in time. An agent that fails, is late or sends garbage
 * costs no more than what the local answer leaves of the deadline (micro/route/serve.hpp). A local
 * run cannot be interrupted: one that ends late returns COVEY_DEADLINE_EXCEEDED, its answer filled
 * in.
 * Threads: one at a time for each session.
 */
#ifndef COVEY_MICRO_H_
#define COVEY_MICRO_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* gRPC's code numbers; what the caller should do next. 0 is success. */
typedef enum covey_code {
  COVEY_OK = 0,
  COVEY_CANCELLED = 1,
  COVEY_UNKNOWN = 2,
  COVEY_INVALID_ARGUMENT = 3,
  COVEY_DEADLINE_EXCEEDED = 4,
  COVEY_NOT_FOUND = 5,
  COVEY_ALREADY_EXISTS = 6,
  COVEY_PERMISSION_DENIED = 7,
  COVEY_RESOURCE_EXHAUSTED = 8,
  COVEY_FAILED_PRECONDITION = 9,
  COVEY_ABORTED = 10,
  COVEY_OUT_OF_RANGE = 11,
  COVEY_UNIMPLEMENTED = 12,
  COVEY_INTERNAL = 13,
  COVEY_UNAVAILABLE = 14,
  COVEY_DATA_LOSS = 15,
  COVEY_UNAUTHENTICATED = 16
} covey_code;

#define COVEY_TOP_K_MAX 5
#define COVEY_LABEL_BYTES 24
#define COVEY_ERROR_BYTES 96
#define COVEY_PLACE_BYTES 64
#define COVEY_MODEL_BYTES 48
#define COVEY_FORM_BYTES 16

/* Gives `size` bytes of the image from `offset` on: fills `buffer` and returns true, or false to
 * break off. Offsets come in order from 0; a call may start again at 0 (fallback, retry). */
typedef bool (*covey_read)(void* context, size_t offset, void* buffer, size_t size);

typedef enum covey_format { /* the wire's numbers */
                            COVEY_RAW_RGB8 = 1,
                            COVEY_RAW_GRAY8 = 2,
                            COVEY_JPEG = 3,  /* agents only */
                            COVEY_PNG = 4,   /* agents only */
                            COVEY_TENSOR = 5 /* the model's own input, already pre-processed */
} covey_format;

typedef struct covey_input {
  covey_format format;
  uint32_t width, height; /* raw pixels */
  size_t size;            /* bytes in all */
  covey_read read;
  void* context;
} covey_input;

typedef enum covey_fallback {
  COVEY_FALL_BACK_LOCAL = 0, /* an agent that fails or is late: answer from the local model */
  COVEY_FAIL = 1             /* ... or return the error */
} covey_fallback;

/* At the place "auto ...": what to prefer of what meets the request. */
typedef enum covey_prefer {
  COVEY_PREFER_LATENCY = 0,
  COVEY_PREFER_ACCURACY = 1,
  COVEY_PREFER_ENERGY = 2
} covey_prefer;

/* What a call asks of its place; `exact_only` and `keep_answers` hold at any, the rest at the place
 * "auto ...". All zero: whatever is fastest. */
typedef struct covey_sla {
  uint64_t max_latency_ns; /* an answer by then is as wanted; 0: any time before the deadline */
  uint16_t min_accuracy;   /* in 1/10,000; 0: any */
  covey_prefer prefer;
  bool exact_only; /* no approximate variants; pictures are sent as they are */
  bool never_late; /* an answer after max_latency_ns is worth nothing */
  bool hedge;      /* the local model may work beside an agent that is late */
  /* A picture is sent smaller only if at least this share of the answers stays, in 1/10,000;
   * 0: 9,900 */
  uint16_t keep_answers;
} covey_sla;

typedef struct covey_options {
  uint64_t deadline_ns; /* from now; 0: the session's default */
  uint32_t top_k;       /* 1..COVEY_TOP_K_MAX; 0: 1 */
  covey_fallback fallback;
  covey_sla sla;
} covey_options;

typedef struct covey_class {
  uint32_t index;
  float confidence; /* softmax probability, 0..1 */
  char label[COVEY_LABEL_BYTES];
} covey_class;

typedef struct covey_result {
  covey_class classes[COVEY_TOP_K_MAX]; /* most likely first */
  uint32_t class_count;
  char place[COVEY_PLACE_BYTES]; /* where it ran: "local", "agent tcp://10.0.2.2:7700" */
  bool fell_back;                /* asked for an agent, answered locally */
  uint64_t latency_ns;           /* of the whole call, by the board's clock */
  uint64_t compute_ns;           /* in the engine, as the place reports it */
  covey_code code;
  char error[COVEY_ERROR_BYTES]; /* why the call failed or fell back; empty otherwise */
  const char* reason;            /* why the place was chosen; never null after a call */
  uint64_t expected_ns;          /* what the router expected of the call; 0: nothing is known */
  uint16_t likely, accuracy;     /* to meet the request, to be right; 1/10,000, as expected */
  uint8_t distrust; /* bits: 1 latency profile, 2 accuracy profile, 4 load hints, 8 clock */
  uint8_t variant;  /* of the device's model that answered: 0 the model itself */
  /* What went to the agent that answered; empty and 0 for a local answer. "raw", "jpeg:80:420"
   * (quality, colours at half size), "file" (a JPEG or PNG of the caller's), "tensor". */
  char form[COVEY_FORM_BYTES];
  uint32_t sent_bytes; /* of the whole request */
  bool hedged;         /* agent and local model worked on it at the same time */
} covey_result;

/* The session's parts, built by main() (C++ side: micro/session/parts.hpp); opaque here. */
struct covey_parts;

#define COVEY_SESSION_BYTES 2560
typedef struct covey_session {
  union {
    uint64_t align;
    unsigned char bytes[COVEY_SESSION_BYTES];
  } opaque;
} covey_session;

/* The place is "local" until it is set. */
covey_code covey_session_open(covey_session* session, const struct covey_parts* parts);

/* "local", or "agent tcp://HOST:PORT" with a numeric IPv4 host, or "auto agent tcp://HOST:PORT":
 * then each call runs here or there, as its options ask (docs/guide/routing.md); "auto local":
 * the device's model or a variant of it. One agent at a time. `model` is the
 * name on the agent; null keeps it. Does not connect: the first call does. COVEY_INVALID_ARGUMENT
 * (syntax, or a text that is too long) and COVEY_FAILED_PRECONDITION (no link, or no engine) leave
 * the place as it was. */
covey_code covey_set_place(covey_session* session, const char* place, const char* model);
const char* covey_place(const covey_session* session);
const char* covey_model(const covey_session* session);

/* Image in, classes out. `options` may be null. Returns result->code. */
covey_code covey_classify(covey_session* session, const covey_input* image,
                          const covey_options* options, covey_result* result);

/* Tensor in (format COVEY_TENSOR: the model's first input), tensor out (its first output), raw
 * bytes of the model's own types. `*output_size` is the room, then what was written. */
covey_code covey_infer(covey_session* session, const covey_input* input, void* output,
                       size_t* output_size, const covey_options* options, covey_result* result);

/* The device's own model forgets what it remembers from call to call (lstm, svdf), as after
 * opening: call it where another sequence begins. Nothing to do for networks without state.
 * COVEY_FAILED_PRECONDITION: there is no engine. An agent's models are not reset. */
covey_code covey_reset(covey_session* session);

/* Calls `found` for each model that the current place offers; `error` says why it cannot be used
 * and is empty if it can. Never falls back. */
typedef void (*covey_found)(void* context, const char* name, const char* backend,
                            const char* error);
covey_code covey_models(covey_session* session, covey_found found, void* context,
                        const covey_options* options, covey_result* result);

void covey_session_close(covey_session* session);

#ifdef __cplusplus
}
#endif
#endif /* COVEY_MICRO_H_ */
