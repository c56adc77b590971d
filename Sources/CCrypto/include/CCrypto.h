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

// A signing request as X509_REQ has it, except that its key is decoded separately, and its signature checked, without
// providers as far as possible. X509_REQ searches all decoders of keys each time, which takes longer than all the rest.
typedef struct ccrypto_request ccrypto_request;

// As d2i_X509_REQ and X509_REQ_free.
ccrypto_request *ccrypto_read_request(ccrypto_request **request, const unsigned char **cursor, long length);
void ccrypto_free_request(ccrypto_request *request);

// As the functions of X509_REQ. What they return belongs to the request, except key and extensions, which the caller
// frees. The key is NULL if OpenSSL cannot handle it; so are extensions that cannot be read, and no extensions.
long ccrypto_request_version(const ccrypto_request *request);
const X509_NAME *ccrypto_request_subject(const ccrypto_request *request);
const STACK_OF(X509_ATTRIBUTE) *ccrypto_request_attributes(const ccrypto_request *request);
STACK_OF(X509_EXTENSION) *ccrypto_request_extensions(const ccrypto_request *request);
const X509_ALGOR *ccrypto_request_signature_algorithm(const ccrypto_request *request);
const ASN1_OBJECT *ccrypto_request_key_algorithm(const ccrypto_request *request);
EVP_PKEY *ccrypto_request_key(const ccrypto_request *request);
int ccrypto_verify_request(const ccrypto_request *request, EVP_PKEY *key);

// As i2d_X509_PUBKEY for the key of the request.
int ccrypto_write_request_key(const ccrypto_request *request, unsigned char **cursor);
