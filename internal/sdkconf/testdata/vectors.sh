#!/bin/sh
# Makes the context files of this folder again, with new keys, in the form of each SDK. The keys are for tests only.
set -eu
cd "$(dirname "$0")"
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT

openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out client.key
openssl pkey -in client.key -pubout -out client.pub
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$WORK/server.key"
openssl pkey -in "$WORK/server.key" -pubout -out server.pub
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 | openssl pkey -pubout -out other.pub

# A PEM file as the inside of a JSON string: line ends as \n, with the final one ("lf") or without ("nolf").
lines() {
	text=$(awk '{printf "%s\\n", $0}' "$1")
	[ "$2" = lf ] || text=${text%\\n}
	printf %s "$text"
}
slashes() { sed 's,/,\\/,g'; }
# The markers on lines of their own, and the base64 on one, as the Java SDK writes it.
wide() { awk '/BEGIN/{printf "%s\\n", $0; next} /END/{printf "\\n%s\\n", $0; next} {printf "%s", $0}' "$1"; }

# Python: no line end after PEM nor file, no null members.
cat > "$WORK/python" <<END
{
    "api_key": "test_key_0123456789abcdef0123456789abcdef0123456789abcdef01234567",
    "environment_type": "SANDBOX",
    "installation_context": {
        "private_key_client": "$(lines client.key nolf)",
        "public_key_client": "$(lines client.pub nolf)",
        "public_key_server": "$(lines server.pub nolf)",
        "token": "test_installation_89abcdef0123456789abcdef0123456789abcdef012345"
    },
    "session_context": {
        "expiry_time": "2026-02-18 10:00:00.363462",
        "token": "test_session_cdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "user_id": 42,
        "user_payment_service_provider": {"id": 42, "display_name": "Vector"}
    }
}
END
printf %s "$(cat "$WORK/python")" > python.conf

# Java: all on one line, "proxy", base64 on one line.
printf %s "{\"environment_type\":\"PRODUCTION\",\"api_key\":\"test_key_0123456789abcdef0123456789abcdef0123456789abcdef01234567\",\
\"installation_context\":{\"token\":\"test_installation_89abcdef0123456789abcdef0123456789abcdef012345\",\
\"private_key_client\":\"$(wide client.key)\",\"public_key_client\":\"$(wide client.pub)\",\"public_key_server\":\"$(wide server.pub)\"},\
\"session_context\":{\"token\":\"test_session_cdef0123456789abcdef0123456789abcdef0123456789abcdef\",\
\"expiry_time\":\"2026-02-18 10:00:00.363000\",\"user_id\":42,\"user_person\":null},\"proxy\":\"http://127.0.0.1:8080\"}" > java.conf

# PHP: escaped slashes, camel case in the session.
cat > php.conf <<END
{
    "api_key": "test_key_0123456789abcdef0123456789abcdef0123456789abcdef01234567",
    "environment_type": "SANDBOX",
    "installation_context": {
        "token": "test_installation_89abcdef0123456789abcdef0123456789abcdef012345",
        "public_key_client": "$(lines client.pub lf | slashes)",
        "private_key_client": "$(lines client.key lf | slashes)",
        "public_key_server": "$(lines server.pub lf | slashes)"
    },
    "proxy_url": null,
    "session_context": {
        "token": "test_session_cdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "expiry_time": "2026-02-18 10:00:00.363462",
        "user_id": 42,
        "userCompany": null,
        "userPerson": null,
        "userApiKey": null,
        "userPaymentServiceProvider": {"id": 42}
    }
}
END
