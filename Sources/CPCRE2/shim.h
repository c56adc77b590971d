#pragma once
// The code unit width has to be chosen before the include; Swift then sees pcre2_compile_8 and so on.
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
