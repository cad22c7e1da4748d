package keystile_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	keystile "github.com/keystile/keystile/sdks/go"
)

const page = "https://shop.example"

func made(t *testing.T, options ...keystile.Option) string {
	t.Helper()
	return got(shared.admin.Sessions.Create(t.Context(), shared.publishable, keystile.SessionRequest{}, options...))(t).Token.Reveal()
}

func checker(t *testing.T, change ...func(*keystile.SessionConfig)) *keystile.SessionTokens {
	t.Helper()
	config := keystile.SessionConfig{Issuer: issuer, Product: "datakeen", JWKSURL: shared.url + "/.well-known/jwks.json"}
	for _, change := range change {
		change(&config)
	}
	return got(keystile.NewSessionTokens(config))(t)
}

func refusesToken(t *testing.T, code string, tokens *keystile.SessionTokens, text, origin string) {
	t.Helper()
	_, err := tokens.Verify(t.Context(), text, origin)
	var refusal *keystile.SessionTokenError
	if !errors.As(err, &refusal) || (code != "" && refusal.Code != code) {
		t.Fatalf("%v instead of %s", err, code)
	}
}

// forger is an installation of our own that signs whatever it is told to, and sets the time.
type forger struct {
	private ed25519.PrivateKey
	kids    []string
	jwks    *fake
	now     time.Time
	tokens  *keystile.SessionTokens
}

type fields map[string]any

func newForger(t *testing.T) *forger {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	must(t, err)
	f := &forger{private: private, kids: []string{"k1"}, now: time.Unix(1_800_000_000, 0)}
	f.jwks = newFake(t, func(response http.ResponseWriter, _ int, _ seen) {
		keys := []fields{}
		for _, kid := range f.kids {
			keys = append(keys, fields{"kty": "OKP", "crv": "Ed25519", "kid": kid, "x": base64.RawURLEncoding.EncodeToString(public)})
		}
		_ = json.NewEncoder(response).Encode(fields{"keys": keys})
	})
	f.tokens = checker(t, func(config *keystile.SessionConfig) {
		config.JWKSURL, config.Now = f.jwks.url, func() time.Time { return f.now }
	})
	return f
}

func (f *forger) token(header fields, changes fields) string {
	claims := fields{"iss": issuer, "aud": "datakeen", "sub": "vis_x", "jti": "ses_x", "iat": 1_800_000_000, "exp": 1_800_000_300,
		"scope": "a b", "key": "key_x", "publishable_key": "pk", "organization": "org_x", "environment": "env_x"}
	for name, value := range changes {
		claims[name] = value
	}
	if header == nil {
		header = fields{"alg": "EdDSA", "kid": "k1", "typ": "JWT"}
	}
	part := func(value fields) string {
		raw, _ := json.Marshal(value)
		return base64.RawURLEncoding.EncodeToString(raw)
	}
	message := part(header) + "." + part(claims)
	return "st_" + message + "." + base64.RawURLEncoding.EncodeToString(ed25519.Sign(f.private, []byte(message)))
}

func TestARealTokenIsGoodOnItsPageAlone(t *testing.T) {
	token := made(t, keystile.WithOrigin(page))
	claims := got(checker(t).Verify(t.Context(), token, page))(t)
	equal(t, claims.Organization+claims.Origin+claims.Scopes[0], shared.organization+page+"workspace:read")
	refusesToken(t, "wrong_origin", checker(t), token, "https://evil.example")
	refusesToken(t, "wrong_origin", checker(t), token, "")
	must(t, errOf(checker(t).Verify(t.Context(), made(t), "")))
	verdict := got(shared.client.Verify(t.Context(), keystile.Question{Key: made(t), Scopes: []string{"workspace:read"}}))(t)
	equal(t, verdict.Verified.Session != nil, true)
}

func TestEveryChangeOfATokenIsRefused(t *testing.T) {
	token, tokens := made(t), checker(t)
	must(t, errOf(tokens.Verify(t.Context(), token, "")))
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	forged := []string{token[:len(token)-1], token + "=", token[3:], token + ".x", "", "st_..", " " + token, token + "\n"}
	for at := range token {
		digit := digits[(strings.IndexByte(digits, token[at])+1)%64]
		forged = append(forged, token[:at]+string(digit)+token[at+1:])
	}
	for _, text := range forged {
		refusesToken(t, "", tokens, text, "")
	}
	refusesToken(t, "malformed", tokens, forged[len(forged)-1], "") // no two writings of one signature
}

func TestIssuerAndAudienceMustBeThoseThatWereSet(t *testing.T) {
	token := made(t)
	refusesToken(t, "wrong_issuer", checker(t, func(config *keystile.SessionConfig) { config.Issuer = "https://other.example" }), token, "")
	refusesToken(t, "wrong_audience", checker(t, func(config *keystile.SessionConfig) { config.Product = "keepem" }), token, "")
}

func TestHeadersAndClaimsThatAreNoSessionsAreRefused(t *testing.T) {
	f := newForger(t)
	must(t, errOf(f.tokens.Verify(t.Context(), f.token(nil, nil), "")))
	for _, header := range []fields{{"alg": "none", "kid": "k1"}, {"alg": "HS256", "kid": "k1"}, {"alg": "EdDSA"}, {"alg": "EdDSA", "kid": "k1", "crit": []string{"x"}}} {
		refusesToken(t, "malformed", f.tokens, f.token(header, nil), "")
	}
	for _, changes := range []fields{{"exp": "never"}, {"exp": 1_800_000_901}, {"iat": nil}, {"scope": []string{"a"}}, {"sub": nil}, {"iss": 1}, {"origin": 1}} {
		refusesToken(t, "malformed", f.tokens, f.token(nil, changes), "")
	}
}

func TestClocksMayDifferByTheLeewayAndNoMore(t *testing.T) {
	f := newForger(t)
	old, start := f.token(nil, nil), f.now
	for _, row := range []struct {
		seconds int
		code    string
	}{{304, ""}, {305, "expired"}, {-5, ""}, {-6, "not_yet_valid"}} {
		f.now = start.Add(time.Duration(row.seconds) * time.Second)
		if row.code == "" {
			must(t, errOf(f.tokens.Verify(t.Context(), old, "")))
		} else {
			refusesToken(t, row.code, f.tokens, old, "")
		}
	}
}

func TestPublicKeysAreFetchedOnceForManyTokensAndAgainAfterFiveMinutes(t *testing.T) {
	f := newForger(t)
	token := f.token(nil, nil)
	var group sync.WaitGroup
	for range 20 {
		group.Add(1)
		go func() {
			defer group.Done()
			if _, err := f.tokens.Verify(t.Context(), token, ""); err != nil {
				t.Error(err)
			}
		}()
	}
	group.Wait()
	f.now = f.now.Add(299 * time.Second)
	must(t, errOf(f.tokens.Verify(t.Context(), token, "")))
	equal(t, len(f.jwks.requests()), 1)
	f.now = f.now.Add(time.Second)
	must(t, errOf(f.tokens.Verify(t.Context(), token, "")))
	equal(t, len(f.jwks.requests()), 2)
}

func TestANewSignerIsFoundAtOnceAndMadeUpOnesCauseNoFlood(t *testing.T) {
	f := newForger(t)
	must(t, errOf(f.tokens.Verify(t.Context(), f.token(nil, nil), "")))
	f.now = f.now.Add(10 * time.Second)
	f.kids = append(f.kids, "k2")
	must(t, errOf(f.tokens.Verify(t.Context(), f.token(fields{"alg": "EdDSA", "kid": "k2"}, nil), "")))
	equal(t, len(f.jwks.requests()), 2)
	for range 20 {
		refusesToken(t, "unknown_signer", f.tokens, f.token(fields{"alg": "EdDSA", "kid": "made-up"}, nil), "")
	}
	equal(t, len(f.jwks.requests()), 2)
}

func TestWithoutPublicKeysNobodyIsLetIn(t *testing.T) {
	token := made(t)
	at := func(url string) *keystile.SessionTokens {
		return checker(t, func(config *keystile.SessionConfig) { config.JWKSURL, config.Timeout = url, 50*time.Millisecond })
	}
	for url, wanted := range map[string]error{nobody(): keystile.ErrConnection, silent(t).url: keystile.ErrTimeout} {
		if _, err := at(url).Verify(t.Context(), token, ""); !errors.Is(err, wanted) {
			t.Fatal(err)
		}
	}
	for _, answer := range []string{"<html>", "[]", "null", "{}", `{"keys":1}`} {
		patient := checker(t, func(config *keystile.SessionConfig) { config.JWKSURL = newFake(t, saying(200, answer)).url })
		if _, err := patient.Verify(t.Context(), token, ""); !errors.Is(err, keystile.ErrUnexpectedAnswer) {
			t.Fatal(answer, err)
		}
	}
	odd := newFake(t, saying(200, `{"keys":[null,{"kty":"RSA"},{"kty":"OKP","crv":"Ed25519","kid":"x","x":"AA"},{"kty":"OKP","crv":"Ed25519","kid":1,"x":1}]}`))
	refusesToken(t, "unknown_signer", checker(t, func(config *keystile.SessionConfig) { config.JWKSURL = odd.url }), token, "")
}

func TestSessionSettingsThatCannotBeRightAreRefused(t *testing.T) {
	for _, config := range []keystile.SessionConfig{
		{Issuer: "keys", Product: "x"}, {Issuer: issuer}, {Issuer: issuer, Product: "x", Leeway: -2},
		{Issuer: issuer, Product: "x", Leeway: 61 * time.Second}, {Issuer: issuer, Product: "x", CacheFor: time.Hour},
	} {
		var configuration *keystile.ConfigurationError
		if _, err := keystile.NewSessionTokens(config); !errors.As(err, &configuration) {
			t.Fatal(config, err)
		}
	}
}
