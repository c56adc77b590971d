// The least that reading a stream can take with jansson: every line becomes a tree, duplicate members refused, and
// is given up again. No mapping and no output but the count.
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

int main(void) {
  char *line = NULL;
  size_t capacity = 0, count = 0;
  ssize_t length;
  while ((length = getline(&line, &capacity, stdin)) > 0) {
    json_error_t error;
    json_t *document = json_loadb(line, (size_t)length, JSON_REJECT_DUPLICATES, &error);
    if (document == NULL) {
      fprintf(stderr, "line %zu: %s\n", count + 1, error.text);
      return 1;
    }
    json_decref(document);
    count++;
  }
  free(line);
  printf("%zu\n", count);
  return 0;
}
