package keystile

import (
	"errors"
	"fmt"
	"time"
)

// Nothing was decided: whoever asked must not go on as if the answer were yes. ErrConnection,
// ErrTimeout and ErrUnexpectedAnswer are all ErrUnavailable too.
var (
	ErrUnavailable = errors.New("keystile: nothing was decided")
	// ErrConnection: Keystile could not be reached, or the connection broke.
	ErrConnection = fmt.Errorf("%w: no connection", ErrUnavailable)
	// ErrTimeout: Keystile did not answer in time.
	ErrTimeout = fmt.Errorf("%w: too late", ErrUnavailable)
	// ErrUnexpectedAnswer: what answered is not Keystile, or not one that this version understands.
	ErrUnexpectedAnswer = fmt.Errorf("%w: an unexpected answer", ErrUnavailable)
)

// ConfigurationError says what of a configuration cannot be right.
type ConfigurationError struct{ Message string }

// Error implements error.
func (e *ConfigurationError) Error() string { return "keystile: " + e.Message }

func wrong(format string, values ...any) error {
	return &ConfigurationError{fmt.Sprintf(format, values...)}
}

// KeyFormatError says why a text is not a key.
type KeyFormatError struct {
	// Code is a stable word: empty, too_long, masked_preview, character, prefix, mode, brand, length
	// or checksum.
	Code string
	// Message says the same for people, and what was copied along.
	Message string
}

// Error implements error.
func (e *KeyFormatError) Error() string { return e.Message }

// FieldError is one field that was wrong.
type FieldError struct {
	// Pointer says where in the body, as a JSON pointer (RFC 6901); ?name for a query parameter.
	Pointer string `json:"pointer"`
	// Message says what is wrong and what to do.
	Message string `json:"message"`
}

// APIError is a problem (RFC 9457) that Keystile answered with.
type APIError struct {
	// Status is the HTTP status.
	Status int
	// Code is a stable word for programs.
	Code string
	// Detail says what was wrong and what to do.
	Detail string
	// RequestID is the request, as Keystile's log knows it.
	RequestID string
	// Errors say what is wrong with which field.
	Errors []FieldError
	// RetryAfter is after how long it makes sense to try again; 0 when nothing was said.
	RetryAfter time.Duration
}

// Error implements error.
func (e *APIError) Error() string {
	return fmt.Sprintf("keystile: %s (%d %s)", e.Detail, e.Status, e.Code)
}

// SessionTokenError says why a session token is not good here and now.
type SessionTokenError struct {
	// Code is a stable word: malformed, unknown_signer, bad_signature, wrong_issuer, wrong_audience,
	// wrong_origin, expired or not_yet_valid.
	Code string
	// Message says the same for people.
	Message string
}

// Error implements error.
func (e *SessionTokenError) Error() string { return e.Message }
