#pragma once

// SHA256_Init, _Update and _Final are deprecated since OpenSSL 3.0, but start at once; EVP loads its provider first, half
// a millisecond of a short process.
#define OPENSSL_SUPPRESS_DEPRECATED

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

// A macro of other macros, which Swift does not import: UTF-8 stays readable, control characters are escaped.
static const unsigned long ccrypto_name_format = XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB;
