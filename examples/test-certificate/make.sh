#!/bin/sh
# A certificate like a QSEAL, from a test CA of your own, for the simulator in production mode. bunq itself refuses it.
# Writes qseal.key, qseal.pem and qseal-chain.pem. Needs OpenSSL 3.
#
# usage: make.sh [ORGANISATION [ORGANISATION_IDENTIFIER]]
set -eu
umask 077
name=${1:-Example Payments B.V.} identifier=${2:-PSDNL-DNB-T000000}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat >"$work/openssl.cnf" <<'CONFIG'
[ req ]
distinguished_name = none
[ none ]

[ ca ]
basicConstraints     = critical,CA:TRUE
keyUsage             = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash

[ seal ]
basicConstraints       = critical,CA:FALSE
keyUsage               = critical,digitalSignature,nonRepudiation
authorityKeyIdentifier = keyid
1.3.6.1.5.5.7.1.3      = ASN1:SEQUENCE:statements

# What makes it a PSD2 QSEAL: qualified, for seals, and the roles (ETSI EN 319 412-5 and TS 119 495).
[ statements ]
qualified = SEQUENCE:qualified
purpose   = SEQUENCE:purpose
psd2      = SEQUENCE:psd2

[ qualified ]
id = OID:0.4.0.1862.1.1

[ purpose ]
id    = OID:0.4.0.1862.1.6
types = SEQUENCE:types
[ types ]
seal = OID:0.4.0.1862.1.6.2

[ psd2 ]
id   = OID:0.4.0.19495.2
info = SEQUENCE:info
[ info ]
roles     = SEQUENCE:roles
authority = UTF8:De Nederlandsche Bank
id        = UTF8:NL-DNB
[ roles ]
payments = SEQUENCE:PSP_PI
accounts = SEQUENCE:PSP_AI
[ PSP_PI ]
id   = OID:0.4.0.19495.1.2
name = UTF8:PSP_PI
[ PSP_AI ]
id   = OID:0.4.0.19495.1.3
name = UTF8:PSP_AI
CONFIG

openssl req -x509 -config "$work/openssl.cnf" -extensions ca -newkey rsa:2048 -nodes -keyout "$work/ca.key" \
  -utf8 -subj "/C=NL/O=Test CA/CN=Test CA" -days 3650 -out qseal-chain.pem
openssl req -new -config "$work/openssl.cnf" -newkey rsa:2048 -nodes -keyout qseal.key \
  -utf8 -subj "/C=NL/O=$name/organizationIdentifier=$identifier/CN=$name" -out "$work/request.pem"
openssl x509 -req -in "$work/request.pem" -CA qseal-chain.pem -CAkey "$work/ca.key" -CAcreateserial \
  -CAserial "$work/serial" -extfile "$work/openssl.cnf" -extensions seal -sha256 -days 365 -out qseal.pem
