#!/bin/sh
# Signs the file payload with the key on the token, and prints the signature in
# base64 on one line: RSASSA-PKCS1-v1_5 with SHA-256.
set -eu
: "${PKCS11_MODULE_PATH:=/usr/lib/softhsm/libsofthsm2.so}" "${PIN:=123456}"
export PKCS11_MODULE_PATH
key="pkcs11:token=qseal;object=qseal;type=private"

openssl dgst -sha256 -engine pkcs11 -keyform engine -sign "$key;pin-value=$PIN" payload | openssl base64 -A
