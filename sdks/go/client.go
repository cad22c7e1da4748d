package keystile

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"
)

// Config says how a client is put together. Printing it does not show its key.
type Config struct {
	// URL is where Keystile listens, such as https://keys.example.com.
	URL string
	// OperatorKey is an operator key. Bind it to the product and the environment it serves.
	OperatorKey string
	// Product is needed when the operator key is not bound to one.
	Product string
	// Environment is needed, by name, when the operator key is not bound to one.
	Environment string
	// Timeout is how long a verify may take with all its tries. Default 2 s.
	Timeout time.Duration
	// ManageTimeout is how long any other call may take with all its tries. Default 30 s.
	ManageTimeout time.Duration
	// MaxRetries is how often a call that may be repeated is repeated. Default 2; below 0 is never.
	MaxRetries int
	// RetryDelay is the wait before the first repetition; each further one is twice as long. Default 50 ms.
	RetryDelay time.Duration
	// ForeignPrefixes are how keys of another system begin, where the manifest has [[foreign_formats]].
	ForeignPrefixes []string
	// HTTPClient carries the requests. Redirects are never followed. Default: one of its own.
	HTTPClient *http.Client
}

// String implements [fmt.Stringer] without the key.
func (c Config) String() string { return "Config(" + c.URL + ")" }

// Format implements [fmt.Formatter] without the key, whatever the verb.
func (c Config) Format(state fmt.State, _ rune) { _, _ = state.Write([]byte(c.String())) }

// LogValue implements [slog.LogValuer] without the key.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalJSON implements json.Marshaler without the key.
func (c Config) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// Client is Keystile, as seen from a server: Verify for the read path, and one field for each
// resource of the API. It can be used by many goroutines at once.
type Client struct {
	Resources
	api             *caller
	product         string
	environment     string
	foreignPrefixes []string
}

// New puts a client together. The error is a [*ConfigurationError], when the address or the key
// cannot be right.
func New(config Config) (*Client, error) {
	base, err := checkURL("URL", config.URL)
	if err != nil {
		return nil, err
	}
	if err := checkOperatorKey(config.OperatorKey); err != nil {
		return nil, err
	}
	if config.Timeout < 0 || config.ManageTimeout < 0 || config.MaxRetries > 10 {
		return nil, wrong("Timeout and ManageTimeout are above 0, and MaxRetries is at most 10")
	}
	carrier := http.Client{}
	if config.HTTPClient != nil {
		carrier = *config.HTTPClient
	}
	carrier.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	api := &caller{
		base:          base,
		operatorKey:   NewSecret(config.OperatorKey),
		http:          &carrier,
		timeout:       or(config.Timeout, 2*time.Second),
		manageTimeout: or(config.ManageTimeout, 30*time.Second),
		maxRetries:    or(config.MaxRetries, 2),
		retryDelay:    or(config.RetryDelay, 50*time.Millisecond),
	}
	return &Client{newResources(api), api, config.Product, config.Environment, config.ForeignPrefixes}, nil
}

func or[T comparable](given, otherwise T) T {
	var zero T
	if given == zero {
		return otherwise
	}
	return given
}

// String implements [fmt.Stringer] without the key.
func (c *Client) String() string { return "Client(" + c.api.base + ")" }

// Format implements [fmt.Formatter] without the key, whatever the verb.
func (c *Client) Format(state fmt.State, _ rune) { _, _ = state.Write([]byte(c.String())) }

// LogValue implements [slog.LogValuer] without the key.
func (c *Client) LogValue() slog.Value { return slog.StringValue(c.String()) }

// Question is a question about one key. Say one of Operation, Scopes and AuthenticateOnly. Printing it
// does not show the key.
type Question struct {
	// Key is the key that was presented to you, or the token of a session, as it came.
	Key string `json:"key"`
	// Operation is what is to be done, as method and path such as POST /v1/events.
	Operation string `json:"operation,omitzero"`
	// Scopes are needed all together.
	Scopes []string `json:"scope,omitzero"`
	// AuthenticateOnly asks only whose key it is.
	AuthenticateOnly bool `json:"authenticate_only,omitzero"`
	// Product and Environment are the client's unless they are said here.
	Product     string `json:"product,omitzero"`
	Environment string `json:"environment,omitzero"`
	// Mode is live, test or any, in place of an environment.
	Mode string `json:"mode,omitzero"`
	// Origin is the Origin header of the call, when it had one.
	Origin string `json:"origin,omitzero"`
	// IP is the client's address, when you know it.
	IP string `json:"ip,omitzero"`
	// Cost is what the call costs, in credits, where the manifest allows a range.
	Cost *int64 `json:"cost,omitzero"`
	// Reserve only sets the cost aside, for a call whose cost is known afterwards.
	Reserve bool `json:"reserve,omitzero"`
	// IdempotencyKey is by what a repetition of this call is known for 24 hours: it is charged once.
	IdempotencyKey string `json:"idempotency_key,omitzero"`
	// Explain adds each check's own result to the answer.
	Explain bool `json:"explain,omitzero"`
}

// String implements [fmt.Stringer] without the key.
func (q Question) String() string {
	return fmt.Sprintf("Question(operation %q, scopes %q)", q.Operation, q.Scopes)
}

// Format implements [fmt.Formatter] without the key, whatever the verb.
func (q Question) Format(state fmt.State, _ rune) { _, _ = state.Write([]byte(q.String())) }

// LogValue implements [slog.LogValuer] without the key.
func (q Question) LogValue() slog.Value { return slog.StringValue(q.String()) }

// Verify asks whether a key is good for a call. A key that is malformed is refused here, and never
// sent.
//
// The error is [ErrUnavailable] when nothing could be decided, which is never a yes, and an
// [*APIError] when the question or the operator key is wrong or Keystile cannot decide.
func (c *Client) Verify(ctx context.Context, question Question, options ...Option) (*Verdict, error) {
	if refused := c.refusedHere(question.Key); refused != nil {
		return refused, nil
	}
	asked := c.complete(question)
	call := operation{id: "verifyKey", verb: http.MethodPost, path: path("/v1/keys/verify"), body: asked, isSafe: isSafe(asked)}
	answer, err := send[VerifyAnswer](ctx, c.api, call, c.verifyOptions(options))
	if err != nil {
		return nil, err
	}
	return readVerdict(answer, c.Credits)
}

// VerifyBatch asks up to 100 questions at once; the verdicts come in their order. One that cannot be
// decided has the code undecided.
func (c *Client) VerifyBatch(ctx context.Context, questions []Question, options ...Option) ([]*Verdict, error) {
	verdicts := make([]*Verdict, len(questions))
	var body struct {
		Requests []Question `json:"requests"`
	}
	var open []int
	isAllSafe := true
	for at, question := range questions {
		if verdicts[at] = c.refusedHere(question.Key); verdicts[at] == nil {
			asked := c.complete(question)
			isAllSafe = isAllSafe && isSafe(asked)
			body.Requests = append(body.Requests, asked)
			open = append(open, at)
		}
	}
	if len(open) == 0 {
		return verdicts, nil
	}
	call := operation{id: "verifyKeys", verb: http.MethodPost, path: path("/v1/keys/verify_batch"), body: body, isSafe: isAllSafe}
	answer, err := send[struct {
		Results []VerifyAnswer `json:"results"`
	}](ctx, c.api, call, c.verifyOptions(options))
	if err != nil {
		return nil, err
	}
	if len(answer.Results) != len(open) {
		return nil, errNoVerdict
	}
	for at, result := range answer.Results {
		if verdicts[open[at]], err = readVerdict(&result, c.Credits); err != nil {
			return nil, err
		}
	}
	return verdicts, nil
}

func (c *Client) verifyOptions(options []Option) []Option {
	return append([]Option{WithTimeout(c.api.timeout)}, options...)
}

// refusedHere is a verdict that needs nobody to be asked: the key has no form that could be good.
func (c *Client) refusedHere(key string) *Verdict {
	if strings.HasPrefix(key, "st_") {
		if looksLikeToken(key) {
			return nil
		}
		return refused("invalid_session", "the session token is cut off or not one of ours")
	}
	_, err := ParseKey(key)
	if err == nil {
		return nil
	}
	for _, prefix := range c.foreignPrefixes {
		if strings.HasPrefix(key, prefix) && len(key) <= 255 && isVisible(key) {
			return nil
		}
	}
	return refused("malformed_key", err.Error())
}

// complete fills in what the client knows. A question that may cost credits is given an
// idempotency key, so that it can be asked again without being charged again.
func (c *Client) complete(question Question) Question {
	question.Product = or(question.Product, c.product)
	if question.Mode == "" {
		question.Environment = or(question.Environment, c.environment)
	}
	if question.Operation != "" && question.IdempotencyKey == "" && c.api.maxRetries > 0 {
		question.IdempotencyKey = rand.Text()
	}
	return question
}

// isSafe says whether repeating a question can charge nothing twice.
func isSafe(question Question) bool {
	return question.IdempotencyKey != "" || (question.Operation == "" && question.Cost == nil && !question.Reserve)
}
