package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"time"
)

// tokens makes and reads the JWTs of end users (RFC 7519, HS256). Keystile never looks at them.
type tokens struct {
	secret []byte
	now    func() time.Time
}

type claims struct {
	User        string `json:"sub"`
	Environment string `json:"aud"`
	Expires     int64  `json:"exp"`
}

const header = `{"alg":"HS256","typ":"JWT"}`

func newTokens(random io.Reader, now func() time.Time) *tokens {
	secret := make([]byte, 32)
	if _, err := io.ReadFull(random, secret); err != nil {
		panic(err)
	}
	return &tokens{secret: secret, now: now}
}

func (t *tokens) make(user, environment string) string {
	told, _ := json.Marshal(claims{User: user, Environment: environment, Expires: t.now().Add(time.Hour).Unix()})
	signed := encode([]byte(header)) + "." + encode(told)
	return signed + "." + encode(t.sign(signed))
}

func (t *tokens) read(authorization, environment string) (string, error) {
	scheme, token, _ := strings.Cut(authorization, " ")
	parts := strings.Split(token, ".")
	if !strings.EqualFold(scheme, "bearer") || len(parts) != 3 || parts[0] != encode([]byte(header)) {
		return "", errors.New("there is no token")
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || !hmac.Equal(signature, t.sign(parts[0]+"."+parts[1])) {
		return "", errors.New("the token is not one of ours")
	}
	var told claims
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(payload, &told) != nil {
		return "", errors.New("the token is not one of ours")
	}
	if told.Environment != environment || t.now().Unix() >= told.Expires {
		return "", errors.New("the token is of another environment, or has ended")
	}
	return told.User, nil
}

func (t *tokens) sign(text string) []byte {
	mac := hmac.New(sha256.New, t.secret)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

func encode(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }
