#!/bin/sh
# Writes keys, signing requests and certificates of many kinds into a folder, as the fuzzer's first
# inputs. They are new each time, so that the repository has no private key.
set -eu
folder=${1:?usage: Tests/Fuzz/crypto-seeds.sh FOLDER}
names="subjectAltName=DNS:shop.example.com,DNS:*.example.com,IP:192.0.2.1,email:a@example.com"

make_key() { # name, algorithm, option
  openssl genpkey -quiet -algorithm "$2" ${3:+-pkeyopt "$3"} -out "$folder/$1.key" 2>/dev/null ||
    openssl genpkey -algorithm "$2" ${3:+-pkeyopt "$3"} -out "$folder/$1.key" 2>/dev/null
}

# The shortest RSA keys that there are: half a kilobyte of numbers teaches a fuzzer nothing.
make_key rsa RSA rsa_keygen_bits:512
make_key rsa-2048 RSA rsa_keygen_bits:2048
make_key p256 EC ec_paramgen_curve:P-256
make_key p384 EC ec_paramgen_curve:P-384
make_key ed25519 ED25519 ""
make_key pss RSA-PSS rsa_keygen_bits:1024

for kind in rsa rsa-2048 p256 p384 ed25519 pss; do
  key=$folder/$kind.key
  openssl req -new -key "$key" -subj "/CN=shop.example.com" -addext "$names" -out "$folder/$kind.csr"
  openssl req -x509 -key "$key" -subj "/O=Example/CN=shop.example.com" -addext "$names" -days 30 \
    -out "$folder/$kind.crt"
  openssl req -in "$folder/$kind.csr" -outform DER -out "$folder/$kind-csr.der"
  openssl x509 -in "$folder/$kind.crt" -outform DER -out "$folder/$kind-crt.der"
  openssl pkey -in "$key" -outform DER -out "$folder/$kind-key.der"
done
openssl ec -in "$folder/p256.key" -out "$folder/p256-sec1.key" 2>/dev/null
openssl rsa -in "$folder/rsa.key" -traditional -out "$folder/rsa-pkcs1.key" 2>/dev/null
openssl ec -in "$folder/p256.key" -param_enc explicit -outform DER -out "$folder/p256-explicit.der" \
  2>/dev/null
openssl pkcs8 -topk8 -in "$folder/p256.key" -passout pass:example -outform DER \
  -out "$folder/encrypted.der"
sed 's/CERTIFICATE REQUEST/NEW CERTIFICATE REQUEST/' "$folder/p256.csr" >"$folder/new.csr"
cat "$folder/p256.crt" "$folder/rsa.crt" >"$folder/chain.crt"
