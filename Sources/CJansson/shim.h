#pragma once
#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>

// json_typeof is a macro over a struct member; Swift cannot import it.
static inline json_type cjansson_typeof(const json_t *value) { return json_typeof(value); }

// Memory for the values of one document after the other. jansson allocates two blocks for most values, and one call for
// all of them takes a tenth of the time. Each thread has its own memory; without any, and for what does not fit, there
// is malloc.
struct cjansson_memory {
  char *next, *begin, *end;
  bool overflowed;
};

static inline struct cjansson_memory *cjansson_memory(void) {
  static _Thread_local struct cjansson_memory memory;
  return &memory;
}

static inline void *cjansson_allocate(size_t size) {
  struct cjansson_memory *memory = cjansson_memory();
  size_t whole = (size + 15) & ~(size_t)15;
  if (whole >= size && whole <= (size_t)(memory->end - memory->next)) {
    void *block = memory->next;
    memory->next += whole;
    return block;
  }
  memory->overflowed = true;
  return malloc(size);
}

static inline void cjansson_free(void *block) {
  struct cjansson_memory *memory = cjansson_memory();
  if ((char *)block < memory->begin || (char *)block >= memory->end) free(block);
}

// Before the first use of memory.
static inline void cjansson_prepare_memory(void) { json_set_alloc_funcs(cjansson_allocate, cjansson_free); }

// Until it is ended, blocks of this thread are taken from there. begin is aligned for every type.
static inline void cjansson_begin_memory(void *begin, size_t size) {
  *cjansson_memory() =
      (struct cjansson_memory){.next = begin, .begin = begin, .end = (char *)begin + size, .overflowed = false};
}

// Ends the use of the memory, with everything in it. Values that have blocks outside of it are released first.
static inline void cjansson_end_memory(json_t *value) {
  if (cjansson_memory()->overflowed) json_decref(value);
  *cjansson_memory() = (struct cjansson_memory){0};
}
