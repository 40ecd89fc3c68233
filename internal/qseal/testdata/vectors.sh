#!/bin/sh
# Makes every file of this folder again with OpenSSL 3.0. README.md says what each one is for.
set -eu
cd "$(dirname "$0")"
WORK=$(mktemp -d)
export WORK QC=0500
trap 'rm -rf "$WORK"' EXIT
: > "$WORK/index.txt"
umask 022

from=20240101000000Z
to=20540101000000Z

# req KEY SUBJECT: a signing request. ca REQUEST OUT EXTENSIONS FROM TO [who signs...]: a certificate of it.
req() { openssl req -new -config openssl.cnf -utf8 -key "$1" -subj "$2" -out "$WORK/$3.csr"; }
ca() {
	name=$1 out=$2 ext=$3 start=$4 end=$5
	shift 5
	openssl ca -batch -notext -preserveDN -config openssl.cnf -in "$WORK/$name.csr" -out "$out" \
		-extensions "$ext" -startdate "$start" -enddate "$end" "$@"
}
qc() {
	openssl asn1parse -genconf "qc-$1.asn1" -noout -out "$WORK/qc.der"
	QC=$(od -An -v -tx1 "$WORK/qc.der" | tr -d ' \n' | sed 's/../&:/g; s/:$//')
	export QC
}

# The client's key pair and a token, as POST /installation takes and gives them.
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out client.key
openssl pkey -in client.key -pubout -out client.pub
openssl rand -hex 32 | tr -d '\n' > token.txt

# The QSEAL key and bunq's documented command for the sandbox's pseudo certificate.
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out qseal.key
openssl req -x509 -config openssl.cnf -new -key qseal.key -sha256 -days 10950 \
	-subj '/CN=Vector 5d1f0c PISP AISP/C=NL' -out pseudo.pem
openssl genrsa -out "$WORK/short.key" 512
openssl req -x509 -config openssl.cnf -new -key "$WORK/short.key" -sha256 -days 10950 \
	-subj '/CN=Vector Short PISP AISP/C=NL' -out pseudo-512.pem

# What the QSEAL key signs, and its signature.
cat client.pub token.txt > payload.txt
openssl dgst -sha256 -sign qseal.key payload.txt | openssl base64 -A > payload.sig
openssl dgst -sha256 -sign client.key payload.txt | openssl base64 -A > payload-clientkey.sig
openssl dgst -sha256 -sign qseal.key payload.txt | openssl base64 > payload-wrapped.sig
openssl dgst -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:-1 -sign qseal.key payload.txt | openssl base64 -A > payload-pss.sig
{ cat payload.txt; echo; } | openssl dgst -sha256 -sign qseal.key | openssl base64 -A > payload-newline.sig
{ printf %s "$(cat client.pub)"; cat token.txt; } | openssl dgst -sha256 -sign qseal.key | openssl base64 -A > payload-joined.sig
openssl dgst -sha256 -binary payload.txt | openssl dgst -sha256 -sign qseal.key | openssl base64 -A > payload-twice.sig
openssl dgst -sha512 -sign qseal.key payload.txt | openssl base64 -A > payload-sha512.sig

# The same QSEAL key in other wrappings. The passphrase of each is "correct horse".
openssl rsa -in qseal.key -traditional -out qseal-pkcs1.key
openssl pkcs8 -topk8 -in qseal.key -v2 aes-256-cbc -passout 'pass:correct horse' -out qseal-pkcs8-aes256.key
openssl pkcs8 -topk8 -in qseal.key -v2 des3 -v2prf hmacWithSHA1 -passout 'pass:correct horse' -out qseal-pkcs8-des3.key
openssl pkcs8 -topk8 -in qseal.key -v2 aes-256-cbc -v2prf hmacWithSHA512 -passout 'pass:correct horse' -out qseal-pkcs8-sha512.key
openssl pkcs8 -topk8 -in qseal.key -scrypt -scrypt_N 1024 -passout 'pass:correct horse' -out qseal-pkcs8-scrypt.key
openssl pkcs8 -topk8 -in qseal.key -v1 PBE-SHA1-3DES -passout 'pass:correct horse' -out qseal-pkcs8-pbes1.key
openssl rsa -in qseal.key -traditional -des3 -passout 'pass:correct horse' -out qseal-legacy-des3.key
openssl rsa -in qseal.key -traditional -aes256 -passout 'pass:correct horse' -out qseal-legacy-aes256.key
openssl rsa -in qseal.key -traditional -camellia128 -passout 'pass:correct horse' -out qseal-legacy-camellia.key
openssl pkey -in qseal.key -pubout -out qseal.pub
openssl rsa -in qseal.key -RSAPublicKey_out -out qseal-pkcs1.pub

# Elliptic curves, which bunq's documents do not know.
openssl ecparam -name prime256v1 -genkey -out ec.key
openssl pkcs8 -topk8 -nocrypt -in ec.key -out ec-pkcs8.key
openssl pkcs8 -topk8 -in ec.key -v2 aes-256-cbc -passout 'pass:correct horse' -out ec-pkcs8-aes256.key
openssl req -x509 -config openssl.cnf -new -key ec.key -sha256 -days 10950 \
	-subj '/CN=Vector EC PISP AISP/C=NL' -out ec.pem

# A three-level chain: root, intermediate, and leaves of every kind on qseal.key.
for k in root intermediate other; do
	openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$WORK/$k.key"
done
req "$WORK/root.key" '/C=NL/O=Vector Trust/CN=Vector Root CA' root
ca root root.pem root $from $to -selfsign -keyfile "$WORK/root.key"
req "$WORK/intermediate.key" '/C=NL/O=Vector Trust/CN=Vector Seal CA' intermediate
ca intermediate intermediate.pem intermediate $from $to -cert root.pem -keyfile "$WORK/root.key"
ca intermediate intermediate-expired.pem intermediate 20200101000000Z 20240101000000Z -cert root.pem -keyfile "$WORK/root.key"
ca intermediate intermediate-future.pem intermediate 20530101000000Z $to -cert root.pem -keyfile "$WORK/root.key"
# The root again, signed with SHA-1 as older roots are: same key, same name.
ca root root-sha1.pem root $from $to -selfsign -keyfile "$WORK/root.key" -md sha1
ca intermediate intermediate-sha1.pem intermediate $from $to -cert root.pem -keyfile "$WORK/root.key" -md sha1
# A stranger, and one that has the intermediate's name but another key.
req "$WORK/other.key" '/C=NL/O=Other Trust/CN=Other Root CA' other
ca other other-root.pem root $from $to -selfsign -keyfile "$WORK/other.key"
req "$WORK/other.key" '/C=NL/O=Vector Trust/CN=Vector Seal CA' namesake
ca namesake namesake.pem root $from $to -selfsign -keyfile "$WORK/other.key"
# The intermediate's key under another name, and the root certified crosswise by the stranger.
req "$WORK/intermediate.key" '/C=NL/O=Vector Trust/CN=Vector Seal CA before it was renamed' renamed
ca renamed renamed.pem intermediate $from $to -cert root.pem -keyfile "$WORK/root.key"
ca root root-cross.pem intermediate $from $to -cert other-root.pem -keyfile "$WORK/other.key"

leaf='/C=NL/O=Vector Payments B.V./organizationIdentifier=PSDNL-DNB-R123456/CN=Vector Payments B.V.'
by="-cert intermediate.pem -keyfile $WORK/intermediate.key"
req qseal.key "$leaf" leaf
qc seal && ca leaf seal.pem seal $from $to $by
qc seal && ca leaf seal-expired.pem seal 20200101000000Z 20240101000000Z $by
qc seal && ca leaf seal-future.pem seal 20530101000000Z $to $by
qc allroles && ca leaf seal-allroles.pem seal $from $to $by
qc norole && ca leaf seal-norole.pem seal $from $to $by
qc web && ca leaf web.pem web $from $to $by
ca leaf plain.pem plain $from $to $by
QC=30:05:02:03:01:02 && export QC && ca leaf seal-badqc.pem seal $from $to $by

# A subject that is hard to print, and how OpenSSL prints each.
req qseal.key '/CN=Café € PISP+OU=Two/OU=One/vectorAttribute=odd/serialNumber=7/emailAddress=a@example.com/businessCategory=x/street=Dam 1/GN=Ann/SN=Bee/postalCode=1012/C=NL' subject
ca subject subject.pem plain $from $to $by
for c in pseudo seal subject; do
	# Without this folder's configuration, or vectorAttribute would have its name.
	OPENSSL_CONF=/dev/null openssl x509 -in $c.pem -noout -subject -nameopt compat | sed 's/^subject=//' > $c.subject
	openssl x509 -in $c.pem -noout -fingerprint -sha256 | sed 's/.*=//; s/://g' | tr 'A-F' 'a-f' > $c.fingerprint
done
openssl req -new -config openssl.cnf -key qseal.key -subj '/CN=Vector request' -out request.csr

# A bundle as it comes out of PKCS#12, with its bag attributes between the blocks.
openssl pkcs12 -export -in seal.pem -inkey qseal.key -certfile intermediate.pem -passout pass:vector |
	openssl pkcs12 -passin pass:vector -noenc -out bundle.pem
