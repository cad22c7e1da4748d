package keystile

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"unicode/utf8"
)

// ProtectOptions says what the middleware asks about each request. Its zero value asks about the
// method and path of the request.
type ProtectOptions struct {
	// Operation is what is to be done, as in the manifest. Without it and without Scopes, it is the
	// request's own method and path.
	Operation func(*http.Request) string
	// Scopes are needed all together; then no credits are spent.
	Scopes []string
	// AuthenticateOnly asks only whose key it is.
	AuthenticateOnly bool
	// Cost is what the call costs, where the manifest allows a range.
	Cost func(*http.Request) (int64, error)
	// Reserve only sets the cost aside: settle or release it when it is known.
	Reserve bool
	// IdempotencyKey is by what a repetition of the call is known, so that it is charged once.
	IdempotencyKey func(*http.Request) string
	// IP finds the client's address. It is not asked for unless you say how, because only you know
	// which proxy stands before you: X-Forwarded-For can be written by anybody.
	IP func(*http.Request) string
	// CredentialHeaders carry keys, as in the manifest. Default: Authorization and X-Api-Key.
	CredentialHeaders []string
	// Realm is what WWW-Authenticate calls your API. Default: api.
	Realm string
	// OnError is told why nothing could be decided. It changes nothing: the client gets 503. Default:
	// a line of slog.
	OnError func(*http.Request, error)
}

type contextKey struct{}

// FromContext tells whose call a request is, behind [Protect].
func FromContext(ctx context.Context) (*Verified, bool) {
	verified, ok := ctx.Value(contextKey{}).(*Verified)
	return verified, ok
}

// Protect lets a call through to a handler when its key is good, and answers it otherwise. It panics
// when options name more than one of Operation, Scopes and AuthenticateOnly.
func Protect(client *Client, options ProtectOptions) func(http.Handler) http.Handler {
	if (options.Operation != nil && options.Scopes != nil) || (options.AuthenticateOnly && (options.Operation != nil || options.Scopes != nil)) {
		panic(wrong("say one of Operation, Scopes and AuthenticateOnly"))
	}
	if options.CredentialHeaders == nil {
		options.CredentialHeaders = []string{"Authorization", "X-Api-Key"}
	}
	options.Realm = or(options.Realm, "api")
	if options.OnError == nil {
		options.OnError = func(request *http.Request, err error) {
			slog.ErrorContext(request.Context(), "keystile: nothing was decided", "error", err)
		}
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
			verdict := client.admit(request, options)
			if verdict.Verified == nil {
				answer(response, verdict, options.Realm)
				return
			}
			ctx := context.WithValue(request.Context(), contextKey{}, verdict.Verified)
			next.ServeHTTP(response, request.WithContext(ctx))
		})
	}
}

func (c *Client) admit(request *http.Request, options ProtectOptions) *Verdict {
	key, refusal := findCredential(request, options.CredentialHeaders, c.foreignPrefixes)
	if refusal != nil {
		return refusal
	}
	question, err := ask(request, key, options)
	// Clients choose it in many APIs, so one that cannot be is their mistake.
	if utf8.RuneCountInString(question.IdempotencyKey) > 255 {
		return refused("invalid_idempotency_key", "an idempotency key has at most 255 characters")
	}
	var verdict *Verdict
	if err == nil {
		verdict, err = c.Verify(request.Context(), question)
	}
	if err != nil {
		if !errors.Is(err, context.Canceled) {
			options.OnError(request, err)
		}
		return refused("undecided", "it could not be decided whether the key is good; try again later")
	}
	return verdict
}

func ask(request *http.Request, key string, options ProtectOptions) (Question, error) {
	question := Question{Key: key, Origin: originOf(request, key), Reserve: options.Reserve}
	switch {
	case options.AuthenticateOnly:
		question.AuthenticateOnly = true
	case options.Scopes != nil:
		question.Scopes = options.Scopes
	case options.Operation != nil:
		question.Operation = options.Operation(request)
	default:
		// As they came: the manifest's templates match them raw.
		plain, _, _ := strings.Cut(target(request), "?")
		question.Operation = request.Method + " " + plain
	}
	if options.IP != nil {
		question.IP = options.IP(request)
	}
	if options.IdempotencyKey != nil {
		question.IdempotencyKey = options.IdempotencyKey(request)
	}
	if options.Cost != nil {
		cost, err := options.Cost(request)
		if err != nil {
			return Question{}, err
		}
		question.Cost = &cost
	}
	return question, nil
}
