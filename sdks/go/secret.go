package keystile

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
)

const redacted = "[redacted]"

// Secret is a secret that was just made: shown once, and printed never. Every verb of fmt, JSON and
// slog show "[redacted]"; only Reveal gives the text.
type Secret struct {
	// Behind a pointer, because fmt prints unexported fields of other structs without asking them.
	text *string
}

// NewSecret wraps a text that must not be printed.
func NewSecret(text string) Secret { return Secret{&text} }

// Reveal is the whole text. Store it where secrets are stored, or show it to its owner once. It is
// empty when there is none.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// IsZero says whether there is no secret, as in a repeated answer.
func (s Secret) IsZero() bool { return s.Reveal() == "" }

// String implements [fmt.Stringer] without the text.
func (s Secret) String() string { return redacted }

// Format implements [fmt.Formatter] without the text, whatever the verb.
func (s Secret) Format(state fmt.State, _ rune) { _, _ = state.Write([]byte(redacted)) }

// LogValue implements [slog.LogValuer] without the text.
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalJSON implements [json.Marshaler] without the text.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(redacted) }

// UnmarshalJSON reads the text out of an answer.
func (s *Secret) UnmarshalJSON(data []byte) error { return json.Unmarshal(data, &s.text) }

var (
	keyInText   = regexp.MustCompile(`((?:pk|sk)_(?:[a-z][a-z0-9]{1,7}_)?(?:live|test)_[0-9A-Za-z]{0,4})[0-9A-Za-z]+`)
	tokenInText = regexp.MustCompile(`st_[\w-]+\.[\w.-]+`)
	bullets     = strings.Repeat("\u2022", 8)
)

// masked hides whatever looks like a key in a text that comes from elsewhere.
func masked(text string) string {
	return tokenInText.ReplaceAllString(keyInText.ReplaceAllString(text, "${1}"+bullets), "st_"+bullets)
}
