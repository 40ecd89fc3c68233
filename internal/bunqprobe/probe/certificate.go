package probe

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"math/big"
	"time"
)

// pseudoCertificate makes what bunq's sandbox takes instead of a QSEAL certificate: self-signed,
// the roles in the name. The same subject is the same user at bunq, so each subject is drawn.
func pseudoCertificate(key *rsa.PrivateKey, name string, notAfter time.Time) (string, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 126))
	if err != nil {
		return "", err
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: name, Country: []string{"NL"}},
		NotBefore:    notAfter.AddDate(0, -2, 0),
		NotAfter:     notAfter,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return "", err
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), nil
}

func drawHex(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b) // never fails: crypto/rand ends the process first
	return hex.EncodeToString(b)
}

// commonName draws the name of a new user, with the roles that the sandbox reads there.
func commonName() string { return "tf-probe " + drawHex(8) + " PISP AISP" }
