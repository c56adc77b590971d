#pragma once

// SHA256_Init, _Update and _Final are marked deprecated since OpenSSL 3.0, but they are still there and
// start at once, while EVP fetches its provider first (half a millisecond of a one-shot program).
#define OPENSSL_SUPPRESS_DEPRECATED

#include <openssl/crypto.h>
#include <openssl/sha.h>
