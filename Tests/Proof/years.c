/* Loaded into a program with LD_PRELOAD: kills it before its Nth call that changes what others see, with PROOF_KILL=N;
   or lets every write to a file fail as on a full disk, with PROOF_FULL. The calls of a run come in the same order each
   time, so that the same N is the same moment. It sets the clock too, as clock.c does: one library loads faster than
   two. */
#include "clock.c"
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static void count(void) {
  static long remaining;
  const char *text = getenv("PROOF_KILL");
  if (!text)
    return;
  if (remaining == 0)
    remaining = atol(text);
  if (--remaining == 0)
    kill(getpid(), SIGKILL);
}

static int is_full(int file) {
  struct stat facts;
  return getenv("PROOF_FULL") && fstat(file, &facts) == 0 && S_ISREG(facts.st_mode);
}

#define EFFECT(type, name, parameters, arguments)                                                                      \
  type name parameters {                                                                                               \
    type(*next) parameters = dlsym(RTLD_NEXT, #name);                                                                  \
    count();                                                                                                           \
    return next arguments;                                                                                             \
  }
#define WRITE(type, name, parameters, arguments)                                                                       \
  type name parameters {                                                                                               \
    type(*next) parameters = dlsym(RTLD_NEXT, #name);                                                                  \
    count();                                                                                                           \
    if (is_full(file)) {                                                                                               \
      errno = ENOSPC;                                                                                                  \
      return -1;                                                                                                       \
    }                                                                                                                  \
    return next arguments;                                                                                             \
  }

WRITE(ssize_t, write, (int file, const void *bytes, size_t size), (file, bytes, size))
WRITE(ssize_t, pwrite, (int file, const void *bytes, size_t size, off_t at), (file, bytes, size, at))
WRITE(ssize_t, pwrite64, (int file, const void *bytes, size_t size, off64_t at), (file, bytes, size, at))
WRITE(ssize_t, writev, (int file, const struct iovec *parts, int size), (file, parts, size))
EFFECT(int, fsync, (int file), (file))
EFFECT(int, fdatasync, (int file), (file))
EFFECT(int, ftruncate, (int file, off_t size), (file, size))
EFFECT(int, ftruncate64, (int file, off64_t size), (file, size))
EFFECT(int, unlink, (const char *path), (path))
EFFECT(int, unlinkat, (int folder, const char *path, int flags), (folder, path, flags))
EFFECT(int, mkdir, (const char *path, mode_t mode), (path, mode))
EFFECT(int, mkdirat, (int folder, const char *path, mode_t mode), (folder, path, mode))
EFFECT(int, rename, (const char *from, const char *to), (from, to))
EFFECT(int, renameat, (int f, const char *from, int t, const char *to), (f, from, t, to))
EFFECT(int, renameat2, (int f, const char *from, int t, const char *to, unsigned flags), (f, from, t, to, flags))
EFFECT(int, link, (const char *from, const char *to), (from, to))
EFFECT(int, linkat, (int f, const char *from, int t, const char *to, int flags), (f, from, t, to, flags))
EFFECT(int, symlink, (const char *to, const char *path), (to, path))
EFFECT(int, symlinkat, (const char *to, int folder, const char *path), (to, folder, path))
EFFECT(int, connect, (int file, const struct sockaddr *to, socklen_t size), (file, to, size))
EFFECT(ssize_t, send, (int file, const void *bytes, size_t size, int flags), (file, bytes, size, flags))
EFFECT(ssize_t, sendmsg, (int file, const struct msghdr *message, int flags), (file, message, flags))
