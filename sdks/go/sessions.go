package keystile

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"
)

const (
	longestToken   = 2048
	longestLife    = 900
	betweenFetches = 10 * time.Second
)

// The four bits that 64 bytes leave over in the last digit are zero (RFC 4648, section 3.5): a token has one writing.
var token = regexp.MustCompile(`\Ast_([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{85}[AQgw])\z`)

func looksLikeToken(text string) bool {
	return len(text) <= longestToken && token.MatchString(text)
}

// NoLeeway is a SessionConfig.Leeway that lets clocks not differ at all.
const NoLeeway time.Duration = -1

// SessionConfig says how session tokens are checked.
type SessionConfig struct {
	// Issuer is the --public-url of the installation, which tokens name as their issuer.
	Issuer string
	// Product is the product's slug, which tokens name as their audience.
	Product string
	// JWKSURL is where the public keys are. Default: /.well-known/jwks.json below the issuer.
	JWKSURL string
	// Leeway is by how much clocks may differ, at most a minute. Default 5 s.
	Leeway time.Duration
	// CacheFor is for how long the public keys are kept, at most five minutes, which is the default.
	CacheFor time.Duration
	// Timeout is how long fetching the public keys may take. Default 2 s.
	Timeout time.Duration
	// HTTPClient fetches the public keys. Redirects are never followed.
	HTTPClient *http.Client
	// Now is the time. Default: time.Now.
	Now func() time.Time
}

// SessionClaims is what a session token says.
type SessionClaims struct {
	// Issuer is the installation, Audience the product.
	Issuer, Audience string
	// Visitor is vis_…, Session ses_….
	Visitor, Session string
	// IssuedAt is when it was made, ExpiresAt when it ends.
	IssuedAt, ExpiresAt time.Time
	// Scopes are what the session may do.
	Scopes []string
	// Origin is the page it was made for; empty when there was none.
	Origin string
	// KeyID is the id of the key it was made with, PublishableKey its value, which is public.
	KeyID, PublishableKey     string
	Organization, Environment string
}

// SessionTokens checks session tokens offline, by the installation's public keys: it needs no operator
// key, and asks Keystile once in five minutes. It can be used by many goroutines at once.
//
// Whoever checks offline does not hear of a revoke: such a token lives out its few minutes. Ask
// [Client.Verify] where that matters.
type SessionTokens struct {
	config SessionConfig
	api    *caller

	mutex   sync.Mutex
	keys    map[string]ed25519.PublicKey
	knownAt time.Time
	askedAt time.Time
}

// NewSessionTokens puts a checker together. The error is a [*ConfigurationError].
func NewSessionTokens(config SessionConfig) (*SessionTokens, error) {
	issuer, err := checkURL("Issuer", config.Issuer)
	if err != nil {
		return nil, err
	}
	jwks, err := checkURL("JWKSURL", or(config.JWKSURL, issuer+"/.well-known/jwks.json"))
	if err != nil {
		return nil, err
	}
	if config.Product == "" {
		return nil, wrong("Product is missing: tokens name it as their audience")
	}
	config.Leeway = or(config.Leeway, 5*time.Second)
	if config.Leeway == NoLeeway {
		config.Leeway = 0
	}
	config.CacheFor = or(config.CacheFor, 5*time.Minute)
	config.Timeout = or(config.Timeout, 2*time.Second)
	if config.Leeway < 0 || config.Leeway > time.Minute || config.CacheFor < 0 || config.CacheFor > 5*time.Minute || config.Timeout < 0 {
		return nil, wrong("Leeway is at most a minute, CacheFor at most five, and none of them below 0")
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	carrier := http.Client{}
	if config.HTTPClient != nil {
		carrier = *config.HTTPClient
	}
	carrier.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &SessionTokens{config: config, api: &caller{base: jwks, http: &carrier}}, nil
}

// Verify checks signature, issuer, audience, time and origin, and says what the token says.
//
// origin is the Origin header of the request; a token that was made for a page is refused without it.
// The error is a [*SessionTokenError], or [ErrUnavailable] when the public keys cannot be had.
func (s *SessionTokens) Verify(ctx context.Context, text, origin string) (*SessionClaims, error) {
	found := token.FindStringSubmatch(text)
	if found == nil || len(text) > longestToken {
		return nil, &SessionTokenError{"malformed", "this is not a session token: it is st_ and three parts in base64url"}
	}
	var header struct {
		Algorithm string          `json:"alg"`
		KeyID     string          `json:"kid"`
		Critical  json.RawMessage `json:"crit"`
	}
	if decode(found[1], &header) != nil || header.Algorithm != "EdDSA" || header.KeyID == "" || header.Critical != nil {
		return nil, &SessionTokenError{"malformed", "the token's header is none that Keystile writes"}
	}
	key, err := s.signer(ctx, header.KeyID)
	if err != nil {
		return nil, err
	}
	signature, err := base64.RawURLEncoding.DecodeString(found[3])
	if err != nil || !ed25519.Verify(key, []byte(found[1]+"."+found[2]), signature) {
		return nil, &SessionTokenError{"bad_signature", "the signature does not fit the token"}
	}
	return s.judge(found[2], origin)
}

func (s *SessionTokens) judge(part, origin string) (*SessionClaims, error) {
	var claims struct {
		Issuer         *string `json:"iss"`
		Audience       *string `json:"aud"`
		Visitor        *string `json:"sub"`
		Session        *string `json:"jti"`
		IssuedAt       *int64  `json:"iat"`
		ExpiresAt      *int64  `json:"exp"`
		Scope          *string `json:"scope"`
		Origin         *string `json:"origin"`
		Key            *string `json:"key"`
		PublishableKey *string `json:"publishable_key"`
		Organization   *string `json:"organization"`
		Environment    *string `json:"environment"`
	}
	err := decode(part, &claims)
	for _, text := range []*string{claims.Issuer, claims.Audience, claims.Visitor, claims.Session, claims.Scope, claims.Key, claims.PublishableKey, claims.Organization, claims.Environment} {
		if text == nil {
			err = errors.New("a claim is missing")
		}
	}
	if err != nil || claims.IssuedAt == nil || claims.ExpiresAt == nil || *claims.ExpiresAt-*claims.IssuedAt > longestLife {
		return nil, &SessionTokenError{"malformed", "the claims are not those of a session"}
	}
	refuse := func(code, format string, values ...any) (*SessionClaims, error) {
		return nil, &SessionTokenError{code, fmt.Sprintf(format, values...)}
	}
	now, ends, made := s.config.Now(), time.Unix(*claims.ExpiresAt, 0), time.Unix(*claims.IssuedAt, 0)
	switch {
	case *claims.Issuer != s.config.Issuer:
		return refuse("wrong_issuer", "the token was made by %s, not by %s", *claims.Issuer, s.config.Issuer)
	case *claims.Audience != s.config.Product:
		return refuse("wrong_audience", "the token is for the product %s, not for %s", *claims.Audience, s.config.Product)
	case !now.Before(ends.Add(s.config.Leeway)):
		return refuse("expired", "the session ended at %s", ends.UTC().Format(time.RFC3339))
	case now.Before(made.Add(-s.config.Leeway)):
		return refuse("not_yet_valid", "the token was made in the future: compare the clocks of this machine and of Keystile")
	case claims.Origin != nil && origin == "":
		return refuse("wrong_origin", "the token was made for %s, and the request has no Origin", *claims.Origin)
	case claims.Origin != nil && *claims.Origin != origin:
		return refuse("wrong_origin", "the token was made for %s, and the request comes from another page", *claims.Origin)
	}
	judged := &SessionClaims{
		Issuer: *claims.Issuer, Audience: *claims.Audience, Visitor: *claims.Visitor, Session: *claims.Session,
		IssuedAt: made, ExpiresAt: ends, Scopes: strings.Fields(*claims.Scope), KeyID: *claims.Key,
		PublishableKey: *claims.PublishableKey, Organization: *claims.Organization, Environment: *claims.Environment,
	}
	if claims.Origin != nil {
		judged.Origin = *claims.Origin
	}
	return judged, nil
}

// signer is the public key of that name. An unknown one may be new: the keys are fetched again, but not
// for every made-up token. Many tokens at once wait for one fetch.
func (s *SessionTokens) signer(ctx context.Context, id string) (ed25519.PublicKey, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	now := s.config.Now()
	_, isKnown := s.keys[id]
	isStale := s.keys == nil || now.Sub(s.knownAt) >= s.config.CacheFor
	if isStale || (!isKnown && now.Sub(s.askedAt) >= betweenFetches) {
		if err := s.fetch(ctx, now); err != nil {
			return nil, err
		}
	}
	if key, ok := s.keys[id]; ok {
		return key, nil
	}
	return nil, &SessionTokenError{"unknown_signer", "the token was not signed by this installation, or its key has ended"}
}

func (s *SessionTokens) fetch(ctx context.Context, now time.Time) error {
	s.askedAt = now
	call := operation{verb: http.MethodGet, isPublic: true}
	set, err := send[struct {
		Keys []*struct{ Kty, Crv, Kid, X any } `json:"keys"`
	}](ctx, s.api, call, []Option{WithTimeout(s.config.Timeout)})
	if err != nil {
		return err
	}
	if set.Keys == nil {
		return fmt.Errorf("%w: what was fetched is not a set of public keys", ErrUnexpectedAnswer)
	}
	keys := map[string]ed25519.PublicKey{}
	for _, key := range set.Keys {
		if key == nil || key.Kty != "OKP" || key.Crv != "Ed25519" {
			continue
		}
		id, isText := key.Kid.(string)
		x, _ := key.X.(string)
		if raw, err := base64.RawURLEncoding.DecodeString(x); err == nil && isText && len(raw) == ed25519.PublicKeySize {
			keys[id] = raw
		}
	}
	s.keys, s.knownAt = keys, s.config.Now()
	return nil
}

func decode(part string, into any) error {
	raw, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, into)
}
