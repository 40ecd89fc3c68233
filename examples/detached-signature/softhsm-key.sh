#!/bin/sh
# Makes a key that cannot leave its token, and a pseudo certificate of it for
# the sandbox: a rehearsal with SoftHSM (Debian: apt-get install softhsm2 opensc
# openssl libengine-pkcs11-openssl). With a real HSM, take its module, and skip
# what your HSM's own tools do.
#
# usage: softhsm-key.sh COMMON_NAME    for example "Example 4711 PISP AISP"
set -eu
: "${PKCS11_MODULE_PATH:=/usr/lib/softhsm/libsofthsm2.so}" "${PIN:=123456}"
export PKCS11_MODULE_PATH
key="pkcs11:token=qseal;object=qseal;type=private"

softhsm2-util --init-token --free --label qseal --so-pin "$PIN" --pin "$PIN"
pkcs11-tool --module "$PKCS11_MODULE_PATH" --token-label qseal --login --pin "$PIN" \
  --keypairgen --key-type rsa:2048 --usage-sign --label qseal --id 01
openssl req -new -x509 -engine pkcs11 -keyform engine -key "$key;pin-value=$PIN" \
  -subj "/CN=$1/C=NL" -days 365 -out qseal.pem
