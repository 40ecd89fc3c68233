#!/bin/sh
# Makes a key that cannot leave its token, and a pseudo certificate of it for
# the sandbox: a rehearsal with SoftHSM (Debian: apt-get install softhsm2 opensc
# openssl libengine-pkcs11-openssl). The token's PIN is made here, too, and is
# in the file pin. A real HSM has tools of its own for all this.
#
# usage: softhsm-key.sh COMMON_NAME    for example "Example 4711 PISP AISP"
set -eu
umask 077
: "${PKCS11_MODULE_PATH:=/usr/lib/softhsm/libsofthsm2.so}"
export PKCS11_MODULE_PATH

printf %s "$(openssl rand -hex 8)" >pin
PIN=$(cat pin)
export PIN
softhsm2-util --init-token --free --label qseal --so-pin "$PIN" --pin "$PIN"
pkcs11-tool --module "$PKCS11_MODULE_PATH" --token-label qseal --login --pin env:PIN \
  --keypairgen --key-type rsa:2048 --usage-sign --label qseal --id 01
openssl req -new -x509 -engine pkcs11 -keyform engine \
  -key "pkcs11:token=qseal;object=qseal;type=private;pin-source=pin" \
  -subj "/CN=$1/C=NL" -days 365 -out qseal.pem
