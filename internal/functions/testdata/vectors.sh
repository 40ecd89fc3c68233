#!/bin/sh
# Makes every file of this folder again with OpenSSL 3.0. README.md says what each one is for.
set -eu
cd "$(dirname "$0")"
WORK=$(mktemp -d)
export WORK
trap 'rm -rf "$WORK"' EXIT
: > "$WORK/index.txt"
umask 022

# certificate NAME KEY SERIAL SUBJECT EXTENSIONS [who signs...]: one that is valid 2024 to 2054.
certificate() {
	name=$1 key=$2 number=$3 subject=$4 extensions=$5
	shift 5
	echo "$number" > "$WORK/serial"
	openssl req -new -config openssl.cnf -utf8 -key "$key" -subj "$subject" -out "$WORK/request.csr"
	openssl ca -batch -notext -preserveDN -config openssl.cnf -in "$WORK/request.csr" -out "$name.pem" \
		-extensions "$extensions" -startdate 20240131120000Z -enddate 20540131115959Z "$@"
}

for k in root intermediate second; do
	openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$WORK/$k.key"
done
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out seal.key
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:4096 -out "$WORK/long.key"
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ec.key
openssl genpkey -algorithm ED25519 -out "$WORK/ed25519.key"

# The issuers, and a certificate of each kind.
certificate root "$WORK/root.key" 01 '/C=NL/O=Vector Trust/CN=Vector Root CA' root -selfsign -keyfile "$WORK/root.key"
certificate intermediate "$WORK/intermediate.key" 02 '/C=NL/O=Vector Trust/CN=Vector Seal CA' intermediate -cert root.pem -keyfile "$WORK/root.key"

by="-cert intermediate.pem -keyfile $WORK/intermediate.key"
dutch='/C=NL/O=Vector Payments B.V./organizationIdentifier=PSDNL-DNB-R123456/CN=Vector Payments B.V.'
certificate role-psp_as seal.key 1A '/C=DE/O=Vector Bank AG/organizationIdentifier=PSDDE-BAFIN-654321/CN=Vector Bank AG' role_psp_as $by
certificate role-pisp seal.key 1B "$dutch" role_pisp $by
certificate role-aisp seal.key 1C "$dutch" role_aisp $by
certificate role-cbpii seal.key 1D '/C=IE/O=Vector Cards Ltd/organizationIdentifier=PSDIE-CBI-C99/CN=Vector Cards Ltd' role_cbpii $by
certificate roles-all "$WORK/long.key" 00F0E1D2C3B4A5968778695A4B3C2D1E0F "$dutch" roles_all $by
certificate roles-none seal.key 1E "$dutch" roles_none $by
certificate no-psd2 seal.key 1F "$dutch" no_psd2 $by
certificate web seal.key 20 "$dutch" web $by
certificate signature seal.key 21 '/C=NL/CN=A Person AISP' signature $by
certificate several seal.key 22 "$dutch" several $by
certificate malformed seal.key 23 "$dutch" malformed $by
certificate plain "$WORK/ed25519.key" 24 '/CN=app.example.com' plain $by
certificate ec ec.key 25 "$dutch" role_aisp $by

# The command in bunq's docs for the sandbox's pseudo certificate.
openssl req -x509 -config openssl.cnf -new -key seal.key -sha256 -days 10950 -subj '/CN=Vector 5d1f0c PISP AISP/C=NL' -out pseudo.pem

# What OpenSSL says of them: sha256 fingerprint and name, a certificate a line.
for c in *.pem; do
	openssl x509 -in "$c" -noout -fingerprint -sha256 | sed 's/.*=//; s/://g' | tr 'A-F\n' 'a-f ' && echo "$c"
done > fingerprints.txt

# PKCS#12 files. several.pem is the certificate of seal.key in them; the passphrase is "correct horse".
cat intermediate.pem root.pem > "$WORK/chain.pem"
store() {
	out=$1
	shift
	openssl pkcs12 -export -out "$out.p12" -name seal "$@"
}
seal='-in several.pem -inkey seal.key'
store modern $seal -certfile "$WORK/chain.pem" -passout 'pass:correct horse'
store legacy $seal -certfile "$WORK/chain.pem" -passout 'pass:correct horse' -legacy
store legacy-rc2-128 $seal -passout 'pass:correct horse' -legacy -certpbe PBE-SHA1-RC2-128 -keypbe PBE-SHA1-RC2-128
store aes128-sha512 $seal -passout 'pass:correct horse' -certpbe AES-128-CBC -keypbe AES-192-CBC -macalg sha512
store no-chain $seal -passout 'pass:correct horse'
store ec -in ec.pem -inkey ec.key -passout 'pass:correct horse'
store not-ascii $seal -passout 'pass:Pässwörter für 5 €'
store empty $seal -passout pass:
store not-encrypted $seal -passout 'pass:correct horse' -certpbe NONE -keypbe NONE
store no-key -in several.pem -nokeys -passout 'pass:correct horse'
store no-certificate -inkey seal.key -nocerts -passout 'pass:correct horse'
store many-rounds $seal -passout 'pass:correct horse' -iter 2500001 -nomaciter
store no-mac $seal -passout 'pass:correct horse' -nomac
store camellia $seal -passout 'pass:correct horse' -certpbe CAMELLIA-256-CBC -keypbe CAMELLIA-256-CBC

# What "openssl pkcs12" does not write is put together by hand (RFC 7292): bags of keys and certificates as they are, in the order
# given, under a MAC.
hexadecimal() { od -An -v -tx1 | tr -d ' \n'; }
der() { openssl asn1parse -genconf "$WORK/$1.cnf" -noout -out "$WORK/$1.der"; }
by_hand() {
	out=$1 scheme=$2
	shift 2
	{
		echo 'asn1 = SEQUENCE:bags'
		echo '[ bags ]'
		for part; do echo "x$(basename "$part" | tr -c 'a-z0-9\n' _) = SEQUENCE:$(basename "$part" | tr -c 'a-z0-9\n' _)"; done
		for part; do
			section=$(basename "$part" | tr -c 'a-z0-9\n' _)
			case $part in
			*.key) printf '[ %s ]\nid = OID:1.2.840.113549.1.12.10.1.1\nvalue = EXPLICIT:0,SEQUENCE:%s_value\n[ %s_value ]\nversion = INTEGER:0
algorithm = SEQUENCE:rsa\nkey = FORMAT:HEX,OCTETSTRING:%s\n' "$section" "$section" "$section" "$(openssl rsa -in "$part" -traditional -outform DER | hexadecimal)" ;;
			*) printf '[ %s ]\nid = OID:1.2.840.113549.1.12.10.1.3\nvalue = EXPLICIT:0,SEQUENCE:%s_value\n[ %s_value ]\ntype = OID:1.2.840.113549.1.9.22.1
certificate = EXPLICIT:0,FORMAT:HEX,OCTETSTRING:%s\n' "$section" "$section" "$section" "$(openssl x509 -in "$part" -outform DER | hexadecimal)" ;;
			esac
		done
		printf '[ rsa ]\nid = OID:rsaEncryption\nnull = NULL\n'
	} > "$WORK/bags.cnf"
	der bags
	printf 'asn1 = SEQUENCE:all\n[ all ]\none = SEQUENCE:one\n[ one ]\ntype = OID:1.2.840.113549.1.7.1\ncontent = EXPLICIT:0,FORMAT:HEX,OCTETSTRING:%s\n' \
		"$(hexadecimal < "$WORK/bags.der")" > "$WORK/safe.cnf"
	der safe
	salt=0011223344556677
	passphrase=$(printf 'correct horse' | od -An -v -tx1 | tr -d '\n' | sed 's/ /00/g')0000
	case $scheme in
	sha256) mac=$(openssl kdf -keylen 32 -kdfopt digest:SHA256 -kdfopt hexpass:"$passphrase" -kdfopt hexsalt:$salt -kdfopt iter:2048 -kdfopt id:3 PKCS12KDF) ;;
	pbmac1) mac=$(openssl kdf -keylen 32 -kdfopt digest:SHA256 -kdfopt pass:'correct horse' -kdfopt hexsalt:$salt -kdfopt iter:2048 PBKDF2) ;;
	esac
	mac=$(printf %s "$mac" | tr -d ':')
	mac=$(openssl dgst -sha256 -mac HMAC -macopt hexkey:"$mac" "$WORK/safe.der" | sed 's/.* //')
	cat > "$WORK/file.cnf" <<CNF
asn1 = SEQUENCE:file
[ file ]
version = INTEGER:3
safe    = SEQUENCE:safe
mac     = SEQUENCE:mac
[ safe ]
type    = OID:1.2.840.113549.1.7.1
content = EXPLICIT:0,FORMAT:HEX,OCTETSTRING:$(hexadecimal < "$WORK/safe.der")
[ mac ]
digest     = SEQUENCE:digest
salt       = FORMAT:HEX,OCTETSTRING:$salt
iterations = INTEGER:2048
[ digest ]
algorithm = SEQUENCE:$scheme
digest    = FORMAT:HEX,OCTETSTRING:$mac
[ sha256 ]
id   = OID:2.16.840.1.101.3.4.2.1
null = NULL
[ pbmac1 ]
id         = OID:1.2.840.113549.1.5.14
parameters = SEQUENCE:pbmac1_parameters
[ pbmac1_parameters ]
derivation = SEQUENCE:pbkdf2
scheme     = SEQUENCE:hmac
[ pbkdf2 ]
id         = OID:1.2.840.113549.1.5.12
parameters = SEQUENCE:pbkdf2_parameters
[ pbkdf2_parameters ]
salt       = FORMAT:HEX,OCTETSTRING:$salt
iterations = INTEGER:2048
length     = INTEGER:32
function   = SEQUENCE:hmac
[ hmac ]
id   = OID:1.2.840.113549.2.9
null = NULL
CNF
	der file
	cp "$WORK/file.der" "$out.p12"
	# OpenSSL reads it; PBMAC1 from 3.4 on.
	if [ "$scheme" = sha256 ]; then openssl pkcs12 -in "$out.p12" -passin 'pass:correct horse' -noenc > /dev/null; fi
}
cp several.pem "$WORK/again.pem"
by_hand two-keys sha256 seal.key several.pem "$WORK/second.key"
by_hand leaf-last sha256 root.pem several.pem seal.key intermediate.pem "$WORK/again.pem"
by_hand foreign-key sha256 "$WORK/second.key" several.pem
by_hand pbmac1 pbmac1 several.pem seal.key
