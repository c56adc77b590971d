#include "CCrypto.h"

#include <openssl/asn1t.h>
#include <openssl/ec.h>

#pragma GCC visibility push(hidden)

// The structures of RFC 2986 section 4, as in OpenSSL's x_req.c and x_pubkey.c.

typedef struct {
  X509_ALGOR *algorithm;
  ASN1_BIT_STRING *bits;
} request_key;

ASN1_SEQUENCE(request_key) = {
    ASN1_SIMPLE(request_key, algorithm, X509_ALGOR),
    ASN1_SIMPLE(request_key, bits, ASN1_BIT_STRING),
} static_ASN1_SEQUENCE_END(request_key)

typedef struct {
  ASN1_ENCODING encoding;
  ASN1_INTEGER *version;
  X509_NAME *subject;
  request_key *key;
  STACK_OF(X509_ATTRIBUTE) *attributes;
} request_info;

// The signed bytes are kept. Attributes are not optional, but some programs leave them out.
ASN1_SEQUENCE_enc(request_info, encoding, 0) = {
    ASN1_SIMPLE(request_info, version, ASN1_INTEGER),
    ASN1_SIMPLE(request_info, subject, X509_NAME),
    ASN1_SIMPLE(request_info, key, request_key),
    ASN1_IMP_SET_OF_OPT(request_info, attributes, X509_ATTRIBUTE, 0),
} static_ASN1_SEQUENCE_END_ref(request_info, request_info)

struct ccrypto_request {
  request_info *info;
  X509_ALGOR *algorithm;
  ASN1_BIT_STRING *signature;
};

ASN1_SEQUENCE(ccrypto_request) = {
    ASN1_SIMPLE(ccrypto_request, info, request_info),
    ASN1_SIMPLE(ccrypto_request, algorithm, X509_ALGOR),
    ASN1_SIMPLE(ccrypto_request, signature, ASN1_BIT_STRING),
} static_ASN1_SEQUENCE_END(ccrypto_request)

ccrypto_request *ccrypto_read_request(ccrypto_request **request, const unsigned char **cursor, long length) {
  return (ccrypto_request *)ASN1_item_d2i((ASN1_VALUE **)request, cursor, length, ASN1_ITEM_rptr(ccrypto_request));
}

void ccrypto_free_request(ccrypto_request *request) {
  ASN1_item_free((ASN1_VALUE *)request, ASN1_ITEM_rptr(ccrypto_request));
}

long ccrypto_request_version(const ccrypto_request *request) { return ASN1_INTEGER_get(request->info->version); }
const X509_NAME *ccrypto_request_subject(const ccrypto_request *request) { return request->info->subject; }
const STACK_OF(X509_ATTRIBUTE) *ccrypto_request_attributes(const ccrypto_request *request) {
  return request->info->attributes;
}
const X509_ALGOR *ccrypto_request_signature_algorithm(const ccrypto_request *request) { return request->algorithm; }
const ASN1_OBJECT *ccrypto_request_key_algorithm(const ccrypto_request *request) {
  return request->info->key->algorithm->algorithm;
}

STACK_OF(X509_EXTENSION) *ccrypto_request_extensions(const ccrypto_request *request) {
  const STACK_OF(X509_ATTRIBUTE) *attributes = request->info->attributes;
  int place = X509at_get_attr_by_NID(attributes, NID_ext_req, -1);
  if (place < 0) place = X509at_get_attr_by_NID(attributes, NID_ms_ext_req, -1);
  if (place < 0) return NULL;
  ASN1_TYPE *value = X509_ATTRIBUTE_get0_type(X509at_get_attr(attributes, place), 0);
  if (!value || value->type != V_ASN1_SEQUENCE) return NULL;
  const unsigned char *cursor = value->value.sequence->data;
  return d2i_X509_EXTENSIONS(NULL, &cursor, value->value.sequence->length);
}

// The digest of the signed bytes with libcrypto's low-level functions: the others load a provider first.
static int digest(const request_info *info, int name, unsigned char *result) {
  unsigned char *bytes = NULL;
  int count = ASN1_item_i2d((const ASN1_VALUE *)info, &bytes, ASN1_ITEM_rptr(request_info));
  if (count < 0) return 0;
  SHA256_CTX short_context;
  SHA512_CTX long_context;
  int length = 0;
  switch (name) {
    case NID_sha256:
      length = SHA256_DIGEST_LENGTH;
      SHA256_Init(&short_context);
      SHA256_Update(&short_context, bytes, (size_t)count);
      SHA256_Final(result, &short_context);
      break;
    case NID_sha384:
      length = SHA384_DIGEST_LENGTH;
      SHA384_Init(&long_context);
      SHA384_Update(&long_context, bytes, (size_t)count);
      SHA384_Final(result, &long_context);
      break;
    case NID_sha512:
      length = SHA512_DIGEST_LENGTH;
      SHA512_Init(&long_context);
      SHA512_Update(&long_context, bytes, (size_t)count);
      SHA512_Final(result, &long_context);
  }
  OPENSSL_free(bytes);
  return length;
}

int ccrypto_verify_request(const ccrypto_request *request, EVP_PKEY *key) {
  const ASN1_BIT_STRING *signature = request->signature;
  const EC_KEY *curve = EVP_PKEY_get0_EC_KEY(key);
  RSA *rsa = (RSA *)EVP_PKEY_get0_RSA(key);
  unsigned char hash[SHA512_DIGEST_LENGTH];
  int name = NID_undef, kind = NID_undef;
  OBJ_find_sigid_algs(OBJ_obj2nid(request->algorithm->algorithm), &name, &kind);
  // A bit string of whole bytes.
  if (!(signature->flags & 7)) {
    if (kind == NID_X9_62_id_ecPublicKey && curve) {
      int length = digest(request->info, name, hash);
      if (length) return ECDSA_verify(0, hash, length, signature->data, signature->length, (EC_KEY *)curve);
    }
    if (kind == NID_rsaEncryption && rsa) {
      int length = digest(request->info, name, hash);
      if (length) return RSA_verify(name, hash, (unsigned)length, signature->data, (unsigned)signature->length, rsa);
    }
  }
  return ASN1_item_verify(ASN1_ITEM_rptr(request_info), request->algorithm, signature, request->info, key);
}

int ccrypto_write_request_key(const ccrypto_request *request, unsigned char **cursor) {
  return ASN1_item_i2d((const ASN1_VALUE *)request->info->key, cursor, ASN1_ITEM_rptr(request_key));
}

EVP_PKEY *ccrypto_request_key(const ccrypto_request *request) {
  unsigned char *bytes = NULL;
  int count = ccrypto_write_request_key(request, &bytes);
  EVP_PKEY *key = EVP_PKEY_new();
  const unsigned char *cursor = bytes;
  RSA *rsa;
  EC_KEY *curve;
  int is_other;
  switch (count > 0 && key ? OBJ_obj2nid(ccrypto_request_key_algorithm(request)) : NID_undef) {
    case NID_rsaEncryption:
      if ((rsa = d2i_RSA_PUBKEY(NULL, &cursor, count)) && !EVP_PKEY_assign_RSA(key, rsa)) RSA_free(rsa);
      break;
    case NID_X9_62_id_ecPublicKey:
      curve = d2i_EC_PUBKEY(NULL, &cursor, count);
      // For OpenSSL, a key on this curve is one of another algorithm.
      is_other = curve && EC_GROUP_get_curve_name(EC_KEY_get0_group(curve)) == NID_sm2;
      if (curve && (is_other || !EVP_PKEY_assign_EC_KEY(key, curve))) EC_KEY_free(curve);
      break;
  }
  if (key && EVP_PKEY_get_base_id(key) == EVP_PKEY_NONE) {
    // Keys that authorities do not take: OpenSSL looks for their decoders.
    EVP_PKEY_free(key);
    cursor = bytes;
    key = count > 0 ? d2i_PUBKEY(NULL, &cursor, count) : NULL;
  }
  OPENSSL_free(bytes);
  return key;
}
