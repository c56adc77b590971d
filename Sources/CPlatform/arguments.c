#include "CPlatform.h"

static int argument_count;
static char **argument_list;

// glibc calls constructors with the arguments of main. Swift's runtime searches for them through /proc or `environ`
// and finds none in a chroot without /proc, or where a preloaded library has called setenv.
__attribute__((constructor)) static void keep_arguments(int count, char **list) {
  argument_count = count;
  argument_list = list;
}

int cplatform_argument_count(void) { return argument_count; }

const char *cplatform_argument(int index) { return argument_list[index]; }
