package keystile

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"time"
)

const longestAnswer = 16 << 20

// caller carries calls out.
type caller struct {
	base          string
	operatorKey   Secret
	http          *http.Client
	timeout       time.Duration
	manageTimeout time.Duration
	maxRetries    int
	retryDelay    time.Duration
}

// operation is one call, as the generated part describes it.
type operation struct {
	id, verb string
	path     route
	query    any
	body     any
	// manifest is sent as TOML, or as JSON when it is an object.
	manifest string
	// holder is a key that is sent in place of the operator key.
	holder              *string
	isPublic            bool
	takesIdempotencyKey bool
	// isSafe says that trying again cannot do any harm.
	isSafe bool
}

// Option changes one call.
type Option func(*callOptions)

type callOptions struct {
	timeout                time.Duration
	idempotencyKey, origin string
}

// WithTimeout bounds a call with all its tries.
func WithTimeout(timeout time.Duration) Option {
	return func(o *callOptions) { o.timeout = timeout }
}

// WithIdempotencyKey is by what a repetition of a creating call is known for 24 hours. One is made up
// when it is left out, so that the call can be tried again when the network fails.
func WithIdempotencyKey(key string) Option {
	return func(o *callOptions) { o.idempotencyKey = key }
}

// WithOrigin names the page that a session is made for: only for Sessions.Create.
func WithOrigin(origin string) Option {
	return func(o *callOptions) { o.origin = origin }
}

// route is a path, or what is wrong with one of its parts.
type route struct {
	text string
	err  error
}

// path fills in the variable parts. An empty one, or one of dots, would lead elsewhere.
func path(template string, fields ...string) route {
	for at := 0; at+1 < len(fields); at += 2 {
		name, value := fields[at], fields[at+1]
		if value == "" || value == "." || value == ".." {
			return route{err: wrong("%s is empty or made of dots", name)}
		}
		template = strings.ReplaceAll(template, "{"+name+"}", url.PathEscape(value))
	}
	return route{text: template}
}

func send[T any](ctx context.Context, api *caller, call operation, options []Option) (*T, error) {
	given := callOptions{timeout: api.manageTimeout}
	for _, option := range options {
		option(&given)
	}
	content, err := api.carryOut(ctx, call, given)
	if err != nil {
		return nil, err
	}
	answer := new(T)
	if trimmed := bytes.TrimSpace(content); len(trimmed) == 0 || trimmed[0] != '{' {
		return nil, api.garbage(http.StatusOK)
	}
	if err := json.Unmarshal(content, answer); err != nil {
		return nil, api.garbage(http.StatusOK)
	}
	return answer, nil
}

// carryOut sends a call and reads its answer, with all its tries within its time.
func (c *caller) carryOut(ctx context.Context, call operation, given callOptions) ([]byte, error) {
	request, err := c.prepare(call, given)
	if err != nil {
		return nil, err
	}
	limited, cancel := context.WithTimeout(ctx, given.timeout)
	defer cancel()
	canRepeat := call.verb == http.MethodGet || call.isSafe || call.takesIdempotencyKey
	for tries := 0; ; tries++ {
		content, err := c.once(limited, request)
		if ended := c.ended(ctx, limited, given.timeout); err != nil && ended != nil {
			return nil, ended
		}
		if err == nil || !canRepeat || tries >= c.maxRetries || !isPassing(err) {
			return content, err
		}
		wait := time.Duration(float64(c.retryDelay<<tries) * (0.5 + mathrand.Float64()/2))
		select {
		case <-time.After(wait):
		case <-limited.Done():
			return nil, c.ended(ctx, limited, given.timeout)
		}
	}
}

// ended tells the caller's own giving up from the time that is over.
func (c *caller) ended(ctx, limited context.Context, timeout time.Duration) error {
	if err := ctx.Err(); errors.Is(err, context.Canceled) {
		return fmt.Errorf("keystile: given up: %w", err)
	}
	if limited.Err() != nil {
		return fmt.Errorf("%w: Keystile did not answer within %s", ErrTimeout, timeout)
	}
	return nil
}

func isPassing(err error) bool {
	var problem *APIError
	if errors.As(err, &problem) {
		return isPassingStatus(problem.Status)
	}
	return errors.Is(err, ErrConnection)
}

func isPassingStatus(status int) bool {
	return status == http.StatusBadGateway || status == http.StatusServiceUnavailable || status == http.StatusGatewayTimeout
}

type prepared struct {
	verb, url string
	header    http.Header
	body      []byte
}

func (c *caller) prepare(call operation, given callOptions) (prepared, error) {
	if call.path.err != nil {
		return prepared{}, call.path.err
	}
	header := http.Header{"Accept": {"application/json"}}
	credential := c.operatorKey.Reveal()
	if call.holder != nil {
		credential = *call.holder
	}
	if !call.isPublic {
		// What cannot stand in a header is no key, and must not be shown by whoever refuses it.
		if !isVisible(credential) {
			return prepared{}, &KeyFormatError{"character", "the key has characters that no key has"}
		}
		header.Set("Authorization", "Bearer "+credential)
	}
	if call.takesIdempotencyKey {
		if given.idempotencyKey == "" {
			given.idempotencyKey = rand.Text()
		}
		header.Set("Idempotency-Key", given.idempotencyKey)
	}
	if given.origin != "" {
		header.Set("Origin", given.origin)
	}
	body := []byte(call.manifest)
	switch {
	case call.manifest != "" && !strings.HasPrefix(strings.TrimSpace(call.manifest), "{"):
		header.Set("Content-Type", "application/toml")
	case call.manifest != "":
		header.Set("Content-Type", "application/json")
	case call.body != nil:
		header.Set("Content-Type", "application/json")
		var err error
		if body, err = json.Marshal(call.body); err != nil {
			return prepared{}, fmt.Errorf("keystile: the body is no JSON: %w", err)
		}
	}
	return prepared{call.verb, c.base + call.path.text + queryOf(call.query), header, body}, nil
}

func isVisible(text string) bool {
	return text != "" && strings.IndexFunc(text, func(r rune) bool { return r < '!' || r > '~' }) < 0
}

// queryOf writes the fields of a query that were given.
func queryOf(query any) string {
	if query == nil {
		return ""
	}
	values := url.Values{}
	record := reflect.ValueOf(query)
	for at := range record.NumField() {
		value := record.Field(at)
		if value.IsZero() {
			continue
		}
		value = reflect.Indirect(value)
		text := fmt.Sprint(value.Interface())
		if moment, ok := value.Interface().(time.Time); ok {
			text = moment.Format(time.RFC3339Nano)
		}
		values.Set(record.Type().Field(at).Tag.Get("query"), text)
	}
	if len(values) == 0 {
		return ""
	}
	return "?" + values.Encode()
}

// withCursor is a copy of a query that begins where a page ended.
func withCursor(query any, cursor string) any {
	record := reflect.New(reflect.TypeOf(query)).Elem()
	record.Set(reflect.ValueOf(query))
	record.FieldByName("Cursor").SetString(cursor)
	return record.Interface()
}

func (c *caller) once(ctx context.Context, wanted prepared) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, wanted.verb, wanted.url, bytes.NewReader(wanted.body))
	if err != nil {
		return nil, wrong("URL is not an address")
	}
	request.Header = wanted.header.Clone()
	// What the network says may repeat the request, so it is not passed on.
	unreachable := fmt.Errorf("%w: Keystile cannot be reached at %s", ErrConnection, c.base)
	answer, err := c.http.Do(request)
	if err != nil {
		return nil, unreachable
	}
	defer func() { _ = answer.Body.Close() }()
	content, err := io.ReadAll(io.LimitReader(answer.Body, longestAnswer+1))
	if err != nil {
		return nil, unreachable
	}
	switch {
	case len(content) > longestAnswer:
		return nil, fmt.Errorf("%w: longer than any that Keystile gives", ErrUnexpectedAnswer)
	case answer.StatusCode >= 300 && answer.StatusCode < 400:
		return nil, fmt.Errorf("%w: %s redirects elsewhere; nothing is sent there: check URL", ErrUnexpectedAnswer, c.base)
	case answer.StatusCode < 200 || answer.StatusCode >= 400:
		return nil, c.problem(answer, content)
	}
	return content, nil
}

func (c *caller) problem(answer *http.Response, content []byte) error {
	seconds, _ := strconv.Atoi(answer.Header.Get("Retry-After"))
	retryAfter := time.Duration(seconds) * time.Second
	var found struct {
		Code      string       `json:"code"`
		Detail    string       `json:"detail"`
		RequestID string       `json:"request_id"`
		Errors    []FieldError `json:"errors"`
	}
	if err := json.Unmarshal(content, &found); err != nil || found.Code == "" {
		if !isPassingStatus(answer.StatusCode) {
			return c.garbage(answer.StatusCode)
		}
		detail := "something between here and Keystile answered in its place"
		return &APIError{Status: answer.StatusCode, Code: "undecided", Detail: detail, RetryAfter: retryAfter}
	}
	for at := range found.Errors {
		found.Errors[at].Message = masked(found.Errors[at].Message)
	}
	return &APIError{answer.StatusCode, masked(found.Code), masked(found.Detail), masked(found.RequestID), found.Errors, retryAfter}
}

func (c *caller) garbage(status int) error {
	return fmt.Errorf("%w: %s does not answer as Keystile does (status %d): check URL", ErrUnexpectedAnswer, c.base, status)
}

// checkURL is the address of an installation, without a slash at its end.
func checkURL(name, address string) (string, error) {
	if address == "" {
		return "", wrong("%s is missing: where does Keystile listen?", name)
	}
	parsed, err := url.Parse(address)
	if err != nil || (parsed.Scheme != "https" && parsed.Scheme != "http") || parsed.Host == "" {
		return "", wrong("%s is not an address such as https://keys.example.com", name)
	}
	if parsed.User != nil || parsed.RawQuery != "" || parsed.Fragment != "" {
		return "", wrong("%s is scheme, host, port and path alone: no user, query or fragment", name)
	}
	return strings.TrimRight(address, "/"), nil
}
