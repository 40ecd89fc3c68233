#!/bin/sh
# Signs the file payload with the key on the token, and prints the signature in
# base64 on one line: RSASSA-PKCS1-v1_5 with SHA-256. The PIN is in the file pin,
# and not in an argument, which others on the machine could see.
set -eu
: "${PKCS11_MODULE_PATH:=/usr/lib/softhsm/libsofthsm2.so}"
export PKCS11_MODULE_PATH

openssl dgst -sha256 -engine pkcs11 -keyform engine \
  -sign "pkcs11:token=qseal;object=qseal;type=private;pin-source=pin" payload | openssl base64 -A
