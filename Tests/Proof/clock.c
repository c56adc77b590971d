/* Moves a program's wall clock ahead when it is loaded with LD_PRELOAD: by as many seconds as the file
   PROOF_CLOCK has bytes, so that it can be moved while the program runs. The monotonic clock stays, as it does
   when somebody sets the clock, or when a virtual machine is suspended. The size of the file is read after the
   clock, with one system call of its own: a proof can stop the program there, between two readings. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *time) {
  long result = syscall(SYS_clock_gettime, clock, time);
  const char *file = getenv("PROOF_CLOCK");
  struct stat facts;
  if (result == 0 && clock == CLOCK_REALTIME && file && stat(file, &facts) == 0)
    time->tv_sec += facts.st_size;
  return (int)result;
}
