package keystile

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// wire is how a code is answered: its status, and the error of RFC 6750 §3.1.
type wire struct {
	status int
	oauth  string
}

// table goes from a code to what stands on the wire, as at every door of Keystile.
var table = map[string]wire{
	"missing_credential":      {http.StatusUnauthorized, ""},
	"conflicting_credentials": {http.StatusBadRequest, "invalid_request"},
	"malformed_key":           {http.StatusUnauthorized, "invalid_token"},
	"unknown_key":             {http.StatusUnauthorized, "invalid_token"},
	"invalid_session":         {http.StatusUnauthorized, "invalid_token"},
	"revoked_key":             {http.StatusUnauthorized, "invalid_token"},
	"expired_key":             {http.StatusUnauthorized, "invalid_token"},
	"disabled_key":            {http.StatusUnauthorized, "invalid_token"},
	"organization_suspended":  {http.StatusForbidden, ""},
	"unknown_host":            {http.StatusForbidden, ""},
	"wrong_environment":       {http.StatusForbidden, ""},
	"secret_key_in_browser":   {http.StatusForbidden, ""},
	"origin_not_allowed":      {http.StatusForbidden, ""},
	"ip_not_allowed":          {http.StatusForbidden, ""},
	"unknown_operation":       {http.StatusForbidden, ""},
	"insufficient_scope":      {http.StatusForbidden, "insufficient_scope"},
	"rate_limited":            {http.StatusTooManyRequests, ""},
	"spend_cap_reached":       {http.StatusPaymentRequired, ""},
	"credits_exhausted":       {http.StatusPaymentRequired, ""},
	"idempotency_conflict":    {http.StatusConflict, ""},
	"invalid_idempotency_key": {http.StatusBadRequest, ""},
	"undecided":               {http.StatusServiceUnavailable, ""},
	"spend_unknown":           {http.StatusServiceUnavailable, ""},
}

// problemBody is the body of a refusal (RFC 9457).
type problemBody struct {
	Type         string `json:"type"`
	Title        string `json:"title"`
	Status       int    `json:"status"`
	Code         string `json:"code"`
	Detail       string `json:"detail"`
	RequestID    string `json:"request_id,omitempty"`
	MissingScope string `json:"missing_scope,omitempty"`
}

// answer refuses a call. A code that this version does not know refuses as 403.
func answer(response http.ResponseWriter, reason *Verdict, realm string) {
	on, ok := table[reason.Code]
	if !ok {
		on = wire{http.StatusForbidden, ""}
	}
	detail := reason.Message
	if reason.Since != "" {
		detail += ", since " + reason.Since
	}
	detail = masked(detail)
	header := response.Header()
	header.Set("Content-Type", "application/problem+json")
	header.Set("Cache-Control", "no-store")
	if on.status == http.StatusUnauthorized || on.oauth != "" {
		header.Set("WWW-Authenticate", challenge(realm, on.oauth, detail, reason.MissingScope))
	}
	if limit := reason.RateLimit; on.status == http.StatusTooManyRequests && limit != nil {
		header.Set("Retry-After", strconv.FormatInt(max(1, limit.ResetSeconds), 10))
		header.Set("RateLimit-Policy", fmt.Sprintf(`"keystile";q=%d`, limit.Limit))
		header.Set("RateLimit", fmt.Sprintf(`"keystile";r=%d;t=%d`, limit.Remaining, limit.ResetSeconds))
	}
	if on.status == http.StatusServiceUnavailable {
		header.Set("Retry-After", "1")
	}
	body, _ := json.Marshal(problemBody{
		"about:blank", http.StatusText(on.status), on.status, reason.Code, detail, reason.RequestID, reason.MissingScope,
	})
	response.WriteHeader(on.status)
	_, _ = response.Write(body)
}

// challenge is the value of WWW-Authenticate (RFC 6750 §3).
func challenge(realm, oauth, detail, scope string) string {
	value := fmt.Sprintf(`Bearer realm="%s"`, quoted(realm))
	if oauth != "" {
		value += fmt.Sprintf(`, error="%s", error_description="%s"`, oauth, quoted(detail))
	}
	if scope != "" {
		value += fmt.Sprintf(`, scope="%s"`, quoted(scope))
	}
	return value
}

// quoted is what may stand between quotes in a header.
func quoted(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '"' || r == '\\':
			return '\''
		case r < ' ' || r > '~':
			return '?'
		}
		return r
	}, text)
}
