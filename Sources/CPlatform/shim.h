#pragma once
// Swift's Glibc module shows neither of these headers.
#include <sys/prctl.h>
#include <sys/statfs.h>
