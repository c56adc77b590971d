#pragma once
// Swift's Glibc module lacks these headers.
#include <sys/prctl.h>
#include <sys/statfs.h>
#include <sys/xattr.h>
#include <linux/stat.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

// prctl is variadic; only this call is needed.
static inline int cplatform_set_dumpable(unsigned long on) { return prctl(PR_SET_DUMPABLE, on, 0UL, 0UL, 0UL); }

// glibc has no openat2, and syscall is variadic. `resolve` is a set of RESOLVE_ flags.
static inline int cplatform_openat2(int folder, const char *name, int flags, unsigned long long resolve) {
  struct open_how how = {.flags = (unsigned long long)flags, .resolve = resolve};
  return (int)syscall(SYS_openat2, folder, name, &how, sizeof how);
}

// glibc declares renameat2 only under _GNU_SOURCE. Renames to a name that does not exist yet (RENAME_NOREPLACE).
static inline int cplatform_rename_new(int folder, const char *from, const char *to) {
  return (int)syscall(SYS_renameat2, folder, from, folder, to, 1U);
}

// The arguments of the process, its name first. `index` is below the count.
int cplatform_argument_count(void);
const char *cplatform_argument(int index);

// glibc declares statx only under _GNU_SOURCE. The id of the mount of a path, links followed; 0 if the kernel does not
// report it (before Linux 5.8).
static inline unsigned long long cplatform_mount_id(const char *path) {
  struct statx facts = {0};
  const int working_directory = -100;
  if (syscall(SYS_statx, working_directory, path, 0, STATX_MNT_ID, &facts) != 0) return 0;
  return facts.stx_mask & STATX_MNT_ID ? facts.stx_mnt_id : 0;
}

// Whether a path has an access control list in addition to its mode (acl(5)).
static inline int cplatform_has_access_list(const char *path) {
  return getxattr(path, "system.posix_acl_access", NULL, 0) > 0;
}
