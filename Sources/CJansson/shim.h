#pragma once
#include <jansson.h>

// json_typeof is a macro over a struct member; Swift cannot import it.
static inline json_type cjansson_typeof(const json_t *value) { return json_typeof(value); }
