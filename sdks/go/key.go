package keystile

import (
	"fmt"
	"hash/crc32"
	"log/slog"
	"regexp"
	"strings"
	"unicode/utf8"
)

const (
	longestKey = 55
	tail       = 38
	checksum   = 6
	base62     = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

var (
	form   = regexp.MustCompile(`\A(pk|sk)_(?:([a-z][a-z0-9]{1,7})_)?(live|test)_([0-9A-Za-z]{38})\z`)
	plain  = regexp.MustCompile(`\A[0-9A-Za-z_]*\z`)
	brand  = regexp.MustCompile(`\A[a-z][a-z0-9]{1,7}\z`)
	word   = regexp.MustCompile(`[0-9A-Za-z_]+`)
	bearer = regexp.MustCompile(`(?i)\Abearer\s`)
)

// ParsedKey is a text that has the form of a key and fits its checksum. Whether it exists is another
// question. It is printed as its preview.
type ParsedKey struct {
	// Kind is from the prefix.
	Kind Kind
	// Mode is from the word after the brand.
	Mode Mode
	// Brand is the word in the middle; empty when there is none.
	Brand string
	text  Secret
}

// ParseKey reads a key without asking anybody: form and checksum. Nothing is trimmed, decoded or
// guessed. The error is a [*KeyFormatError].
func ParseKey(text string) (ParsedKey, error) {
	found := form.FindStringSubmatch(text)
	isForm := found != nil && found[2] != "live" && found[2] != "test"
	if !isForm || text[len(text)-checksum:] != checksumOf(text[:len(text)-checksum]) {
		code := whyNot(text)
		message := surroundings(text)
		if message == "" {
			message = keyMessages[code]
		}
		return ParsedKey{}, &KeyFormatError{code, message}
	}
	kind := KindSecret
	if found[1] == "pk" {
		kind = KindPublishable
	}
	return ParsedKey{kind, Mode(found[3]), found[2], NewSecret(text)}, nil
}

// Start is the part that may be shown: prefix and first four characters.
func (k ParsedKey) Start() string {
	text := k.text.Reveal()
	if len(text) < tail {
		return ""
	}
	return text[:len(text)-tail+4]
}

// Preview is what lists show: the start and eight bullets.
func (k ParsedKey) Preview() string { return k.Start() + bullets }

// Reveal is the whole text: a secret unless the kind is publishable.
func (k ParsedKey) Reveal() string { return k.text.Reveal() }

// String implements [fmt.Stringer] by the preview.
func (k ParsedKey) String() string { return k.Preview() }

// Format implements [fmt.Formatter] by the preview, whatever the verb.
func (k ParsedKey) Format(state fmt.State, _ rune) { _, _ = state.Write([]byte(k.Preview())) }

// LogValue implements [slog.LogValuer] by the preview.
func (k ParsedKey) LogValue() slog.Value { return slog.StringValue(k.Preview()) }

// MarshalText implements [encoding.TextMarshaler] by the preview.
func (k ParsedKey) MarshalText() ([]byte, error) { return []byte(k.Preview()), nil }

// checksumOf is CRC-32 (IEEE 802.3) as six digits in base62, most significant first.
func checksumOf(covered string) string {
	rest := crc32.ChecksumIEEE([]byte(covered))
	var digits [checksum]byte
	for at := checksum - 1; at >= 0; at-- {
		digits[at] = base62[rest%62]
		rest /= 62
	}
	return string(digits[:])
}

var keyMessages = map[string]string{
	"empty":          "the key is empty",
	"too_long":       "a key has at most 55 characters, this text has more",
	"masked_preview": "this is the masked preview, not the key",
	"character":      "a key has only letters, digits and underscores, this text has something else",
	"prefix":         "a key begins with pk_ or sk_",
	"mode":           "after pk_ or sk_ and the brand, if any, a key has live_ or test_",
	"brand":          "the word between the kind and the mode is not a brand",
	"length":         "a key has 38 characters after live_ or test_, so this one was cut or added to",
	"checksum":       "the checksum does not fit, so at least one character of the key was changed",
}

func beginsLikeKey(text string) bool {
	return strings.HasPrefix(text, "pk_") || strings.HasPrefix(text, "sk_")
}

func whyNot(text string) string {
	last, _ := utf8.DecodeLastRuneInString(text)
	switch {
	case strings.Trim(text, " ") == "":
		return "empty"
	case beginsLikeKey(text) && strings.ContainsRune("\u2022*\u2026\u00b7\u25cf", last) && utf8.RuneCountInString(text) <= longestKey:
		return "masked_preview"
	case len(text) > longestKey:
		return "too_long"
	case !plain.MatchString(text):
		return "character"
	case !beginsLikeKey(text):
		return "prefix"
	}
	words := strings.Split(text[3:], "_")
	isMode := func(at int) bool { return at < len(words) && (words[at] == "live" || words[at] == "test") }
	random := words[1:]
	if !isMode(0) {
		if !isMode(1) {
			return "mode"
		}
		if !brand.MatchString(words[0]) {
			return "brand"
		}
		random = words[2:]
	}
	if len(random) == 1 && len(random[0]) == tail {
		return "checksum"
	}
	return "length"
}

var around = []struct{ characters, name string }{
	{"\r\n", "line break"},
	{"\"'`\u2018\u2019\u201c\u201d\u00ab\u00bb", "quotation mark"},
	{" \t", "space"},
	{"\u00a0\u200b\u200c\u200d\u2060\ufeff", "invisible character"},
}

// surroundings says what was copied along with a key, when that is what is wrong.
func surroundings(text string) string {
	if bearer.MatchString(text) {
		return "the word Bearer stands before the key: leave it out here"
	}
	if !beginsLikeKey(word.FindString(text)) {
		return ""
	}
	for _, found := range around {
		at := strings.IndexAny(text, found.characters)
		if at < 0 {
			continue
		}
		last, _ := utf8.DecodeLastRuneInString(text)
		where := "in"
		switch {
		case at == 0 && strings.ContainsRune(found.characters, last):
			return fmt.Sprintf("there are %ss around the key: remove them", found.name)
		case at == 0:
			where = "before"
		case word.FindString(text[at:]) == "":
			where = "after"
		}
		article := "a"
		if found.name[0] == 'i' {
			article = "an"
		}
		return fmt.Sprintf("there is %s %s %s the key: remove it", article, found.name, where)
	}
	return ""
}

// checkOperatorKey makes sure that a text can be an operator key, before anything is sent with it.
func checkOperatorKey(text string) error {
	const remedy = "make one with `keystile operator-key create`"
	is := func(what string) error {
		return wrong("OperatorKey is %s: an operator key begins with sk_keystile_, %s", what, remedy)
	}
	if text == "" {
		return wrong("OperatorKey is missing: %s", remedy)
	}
	if strings.HasPrefix(text, "st_") {
		return is("a session token of a visitor")
	}
	key, err := ParseKey(text)
	switch {
	case err != nil:
		return wrong("OperatorKey is not a key: %s", err)
	case key.Kind == KindPublishable:
		return is("a publishable key")
	case key.Brand != "keystile":
		return is("a customer's secret key")
	}
	return nil
}
