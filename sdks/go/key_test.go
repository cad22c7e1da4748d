package keystile_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	keystile "github.com/keystile/keystile/sdks/go"
)

type keyVectors struct {
	Valid []struct {
		Text           []string
		Kind, Mode     string
		Brand          *string
		Start, Preview string
	}
	Invalid []struct {
		Why, Code string
		Text      []string
	}
}

func sample(t *testing.T, kind string) string {
	for _, row := range vectors[keyVectors](t, "keys.json").Valid {
		if row.Kind == kind && row.Brand != nil && *row.Brand == "acme" {
			return strings.Join(row.Text, "")
		}
	}
	t.Fatal("no such key")
	return ""
}

func TestVectorsAreReadAndRefused(t *testing.T) {
	found := vectors[keyVectors](t, "keys.json")
	for _, row := range found.Valid {
		t.Run(row.Start, func(t *testing.T) {
			key := got(keystile.ParseKey(strings.Join(row.Text, "")))(t)
			brand := ""
			if row.Brand != nil {
				brand = *row.Brand
			}
			equal(t, fmt.Sprint(string(key.Kind), string(key.Mode), key.Brand, key.Start(), key.Preview()), fmt.Sprint(row.Kind, row.Mode, brand, row.Start, row.Preview))
			equal(t, key.Reveal(), strings.Join(row.Text, ""))
		})
	}
	for _, row := range found.Invalid {
		t.Run(row.Why, func(t *testing.T) {
			_, err := keystile.ParseKey(strings.Join(row.Text, ""))
			var format *keystile.KeyFormatError
			if !errors.As(err, &format) {
				t.Fatal(err)
			}
			equal(t, format.Code, row.Code)
		})
	}
}

func TestEveryChangeOfOneCharacterAndEverySwapIsRefused(t *testing.T) {
	key := sample(t, "secret")
	for at := range len(key) {
		other := "0"
		if key[at] == '0' {
			other = "1"
		}
		changed := []string{key[:at] + other + key[at+1:]}
		if at+1 < len(key) && key[at] != key[at+1] {
			changed = append(changed, key[:at]+key[at+1:at+2]+key[at:at+1]+key[at+2:])
		}
		for _, text := range changed {
			if _, err := keystile.ParseKey(text); err == nil {
				t.Fatal("at", at)
			}
		}
	}
}

func TestWhatWasCopiedAlongWithAKeyIsNamed(t *testing.T) {
	key := sample(t, "secret")
	preview := got(keystile.ParseKey(key))(t).Preview()
	for text, message := range map[string]string{
		key + "\n":                   "there is a line break after the key: remove it",
		key[:20] + "\r\n" + key[20:]: "there is a line break in the key",
		`"` + key + `"`:              "there are quotation marks around the key: remove them",
		"'" + key:                    "there is a quotation mark before the key",
		"\u201c" + key + "\u201d":    "there are quotation marks around the key",
		" " + key:                    "there is a space before the key",
		key + "\t":                   "there is a space after the key",
		"\ufeff" + key:               "there is an invisible character before the key",
		"Bearer " + key:              "the word Bearer stands before the key",
		preview:                      "this is the masked preview, not the key",
	} {
		_, err := keystile.ParseKey(text)
		if err == nil || !strings.Contains(err.Error(), message) || strings.Contains(err.Error(), key[16:]) {
			t.Fatalf("%q: %v", text, err)
		}
	}
}

func TestConfigurationsThatCannotBeRightAreRefused(t *testing.T) {
	secret, publishable := sample(t, "secret"), sample(t, "publishable")
	for key, message := range map[string]string{
		publishable:        "OperatorKey is a publishable key",
		secret:             "OperatorKey is a customer's secret key",
		"st_a.b.c":         "OperatorKey is a session token",
		`"` + secret + `"`: "quotation marks around the key",
		secret + "\n":      "line break after the key",
		"":                 "OperatorKey is missing",
	} {
		_, err := keystile.New(keystile.Config{URL: issuer, OperatorKey: key})
		var configuration *keystile.ConfigurationError
		if !errors.As(err, &configuration) || !strings.Contains(err.Error(), message) || strings.Contains(err.Error(), secret[16:]) {
			t.Fatalf("%q: %v", key, err)
		}
	}
	for _, url := range []string{"", "keys.example.com", "ftp://keys.example.com", "https://a:b@keys.example.com", "https://k.example?x=1"} {
		if _, err := keystile.New(keystile.Config{URL: url, OperatorKey: shared.operatorKey}); err == nil {
			t.Fatal(url)
		}
	}
}

func TestNothingThatHoldsAKeyPrintsIt(t *testing.T) {
	secret := sample(t, "secret")
	parsed := got(keystile.ParseKey(secret))(t)
	question := keystile.Question{Key: secret}
	config := keystile.Config{OperatorKey: secret}
	created := keystile.CreatedKey{Secret: keystile.NewSecret(secret)}
	var log strings.Builder
	logger := slog.New(slog.NewJSONHandler(&log, nil))
	for _, value := range []any{keystile.NewSecret(secret), parsed, &parsed, question, config, &config, created, &created, []any{parsed}, shared.client, *shared.client} {
		shown := ""
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			shown += fmt.Sprintf(verb, value)
		}
		logger.Info("shown", "value", value)
		hex := fmt.Sprintf("%x", secret[20:])
		for _, part := range []string{secret[20:], shared.bound[20:], hex} {
			if strings.Contains(shown, part) || strings.Contains(log.String(), part) {
				t.Fatalf("%T: %s %s", value, shown, log.String())
			}
		}
	}
	for _, value := range []any{keystile.NewSecret(secret), parsed, config, created} {
		if encoded, err := json.Marshal(value); err != nil || strings.Contains(string(encoded), secret[20:]) {
			t.Fatalf("%s %v", encoded, err)
		}
	}
	equal(t, keystile.NewSecret(secret).Reveal(), secret)
}
