/* Moves a program's wall clock ahead by PROOF_SECONDS_AHEAD seconds when it is loaded with LD_PRELOAD; the
   monotonic clock stays, as it does when somebody sets a real clock. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *time) {
  long result = syscall(SYS_clock_gettime, clock, time);
  const char *ahead = getenv("PROOF_SECONDS_AHEAD");
  if (result == 0 && clock == CLOCK_REALTIME && ahead)
    time->tv_sec += atol(ahead);
  return (int)result;
}
