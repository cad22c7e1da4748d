package keystile_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	keystile "github.com/keystile/keystile/sdks/go"
)

// guarded is an app whose handler says whose call it is; its address.
func guarded(t *testing.T, client *keystile.Client, options keystile.ProtectOptions) string {
	t.Helper()
	handler := http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		verified, ok := keystile.FromContext(request.Context())
		if !ok {
			t.Error("nobody's call")
			return
		}
		spend := ""
		if verified.Spend != nil {
			spend = verified.Spend.ID
		}
		_ = json.NewEncoder(response).Encode(map[string]string{"organization": verified.Organization.ID, "spend": spend})
	})
	mux := http.NewServeMux()
	mux.Handle("/v1/", keystile.Protect(client, options)(handler))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

type reply struct {
	status int
	header http.Header
	text   string
	json   map[string]any
}

// call sends headers exactly as given, twice if they are there twice.
func call(t *testing.T, url, line string, headers ...string) reply {
	t.Helper()
	host := strings.TrimPrefix(url, "http://")
	connection := got(net.Dial("tcp", host))(t)
	defer func() { _ = connection.Close() }()
	lines := append([]string{line + " HTTP/1.1", "Host: " + host, "Content-Length: 0", "Connection: close"}, headers...)
	must(t, errOf(fmt.Fprint(connection, strings.Join(lines, "\r\n")+"\r\n\r\n")))
	answer := got(http.ReadResponse(bufio.NewReader(connection), nil))(t)
	content := got(io.ReadAll(answer.Body))(t)
	found := reply{status: answer.StatusCode, header: answer.Header, text: string(content)}
	must(t, json.Unmarshal(content, &found.json))
	return found
}

func bearer(key string) string { return "Authorization: Bearer " + key }

const workspace = "GET /v1/workspace"

func refusedAs(t *testing.T, found reply, status int, code string) {
	t.Helper()
	equal(t, fmt.Sprint(found.status, found.json["code"]), fmt.Sprint(status, code))
}

func TestAGoodKeyIsLetInAndTheHandlerKnowsWhoseItIs(t *testing.T) {
	url := guarded(t, shared.client, keystile.ProtectOptions{})
	found := call(t, url, workspace, bearer(shared.publishable))
	equal(t, fmt.Sprint(found.status, found.json["organization"]), fmt.Sprint(200, shared.organization))
	charged := call(t, url, "POST /v1/analyses?x=1", bearer(shared.secret))
	spend, _ := charged.json["spend"].(string)
	must(t, errOf(shared.admin.Credits.RefundSpend(t.Context(), spend, keystile.RefundSpend{})))
	refusedAs(t, call(t, url, "GET /v1/nothing", bearer(shared.secret)), 403, "unknown_operation")
}

func TestTheKeyIsReadAsEveryDoorReadsIt(t *testing.T) {
	url := guarded(t, shared.client, keystile.ProtectOptions{})
	key := shared.publishable
	for _, row := range []struct {
		headers []string
		status  int
		code    string
	}{
		{[]string{"Authorization: bEaReR " + key}, 200, ""},
		{[]string{"X-API-Key: " + key}, 200, ""},
		{[]string{bearer("eyJ.x.y"), "X-API-Key: " + key}, 200, ""},
		{nil, 401, "missing_credential"},
		{[]string{"Authorization: Basic eDp5"}, 401, "missing_credential"},
		{[]string{bearer("eyJ.x.y")}, 401, "malformed_key"},
		{[]string{"X-API-Key: "}, 401, "malformed_key"},
		{[]string{bearer(key), "X-API-Key: " + key}, 400, "conflicting_credentials"},
		{[]string{bearer(key), "X-API-Key: " + shared.secret}, 400, "conflicting_credentials"},
		{[]string{bearer(key), bearer(key)}, 400, "conflicting_credentials"},
		{[]string{"X-API-Key: " + key, "X-API-Key: " + key}, 400, "conflicting_credentials"},
		{[]string{bearer(key + ", Bearer " + key)}, 400, "conflicting_credentials"},
	} {
		found := call(t, url, workspace, row.headers...)
		code, _ := found.json["code"].(string)
		equal(t, fmt.Sprint(found.status, code), fmt.Sprint(row.status, row.code), len(row.headers))
	}
}

func TestRefusalsAreProblemsThatSayWhatToDoAndNeverRepeatTheKey(t *testing.T) {
	url := guarded(t, shared.client, keystile.ProtectOptions{Realm: "Datakeen"})
	none := call(t, url, workspace)
	equal(t, none.header.Get("Content-Type"), "application/problem+json")
	equal(t, none.header.Get("WWW-Authenticate"), `Bearer realm="Datakeen"`)
	equal(t, none.header.Get("Cache-Control"), "no-store")
	equal(t, fmt.Sprint(none.json["type"], none.json["title"], none.json["status"]), "about:blankUnauthorized401")
	unknown := mint("--mode", "test")
	stranger := call(t, url, workspace, bearer(unknown))
	refusedAs(t, stranger, 401, "unknown_key")
	if !strings.Contains(stranger.header.Get("WWW-Authenticate"), `error="invalid_token", error_description="there is no such key"`) {
		t.Fatal(stranger.header)
	}
	masked := call(t, url, workspace, bearer(shared.secret[:12]+"********"))
	if detail, _ := masked.json["detail"].(string); !strings.Contains(detail, "masked preview") {
		t.Fatal(detail)
	}
	lacking := call(t, url, "POST /v1/journeys", bearer(shared.publishable))
	if !strings.Contains(lacking.header.Get("WWW-Authenticate"), `scope="journeys:create"`) {
		t.Fatal(lacking.header)
	}
	for _, found := range []reply{stranger, lacking} {
		for _, key := range []string{unknown, shared.publishable} {
			if strings.Contains(found.text+fmt.Sprint(found.header), key[20:]) {
				t.Fatal(found.text)
			}
		}
	}
}

func TestAKeyInTheURLIsRefusedWithTheReason(t *testing.T) {
	url := guarded(t, shared.client, keystile.ProtectOptions{})
	found := call(t, url, workspace+"?api_key="+shared.secret)
	refusedAs(t, found, 401, "missing_credential")
	if !strings.Contains(found.text, "in the URL, where it is never read") || strings.Contains(found.text, shared.secret[20:]) {
		t.Fatal(found.text)
	}
	escaped := strings.Replace(shared.secret, "_", "%5F", 1)
	refusedAs(t, call(t, url, workspace+"/"+escaped, bearer(shared.publishable)), 400, "conflicting_credentials")
}

func TestThePageIsPassedOnAndABrowserHasNoSecretKey(t *testing.T) {
	url := guarded(t, shared.client, keystile.ProtectOptions{})
	for _, header := range []string{"Origin: https://shop.example", "Sec-Fetch-Site: same-origin", "Origin: null"} {
		refusedAs(t, call(t, url, "GET /v1/analyses/1", bearer(shared.secret), header), 403, "secret_key_in_browser")
	}
	equal(t, call(t, url, "GET /v1/analyses/1", bearer(shared.secret), "Referer: https://docs.example/x", "Sec-Fetch-Mode: cors").status, 200)
}

func TestWhateverCannotBeDecidedIs503AndNeverLetsAnybodyIn(t *testing.T) {
	garbage := newFake(t, saying(200, `{"valid":true}`))
	hurried := func(config *keystile.Config) { config.Timeout = 20 * time.Millisecond }
	unknown := func(config *keystile.Config) { config.OperatorKey = mint("--brand", "keystile") }
	for _, client := range []*keystile.Client{with(t, nobody()), with(t, silent(t).url, hurried), with(t, garbage.url), with(t, shared.url, unknown)} {
		var failures []error
		url := guarded(t, client, keystile.ProtectOptions{OnError: func(_ *http.Request, err error) { failures = append(failures, err) }})
		found := call(t, url, workspace, bearer(shared.publishable))
		refusedAs(t, found, 503, "undecided")
		equal(t, found.header.Get("Retry-After"), "1")
		equal(t, len(failures), 1)
	}
	quiet := func(*http.Request, error) {}
	failing := func(*http.Request) (int64, error) { return 0, errors.New("no price") }
	url := guarded(t, shared.client, keystile.ProtectOptions{Cost: failing, OnError: quiet})
	refusedAs(t, call(t, url, workspace, bearer(shared.publishable)), 503, "undecided")
}

func TestWhatTheAppSaysIsAsked(t *testing.T) {
	asked := newFake(t, saying(200, `{"valid":false,"code":"rate_limited","message":"wait","rate_limit":{"limit":9,"remaining":0,"reset_seconds":7}}`))
	client := got(keystile.New(keystile.Config{URL: asked.url, OperatorKey: shared.operatorKey}))(t)
	url := guarded(t, client, keystile.ProtectOptions{
		Operation:      func(*http.Request) string { return analysis },
		Cost:           func(*http.Request) (int64, error) { return 3, nil },
		Reserve:        true,
		IdempotencyKey: func(*http.Request) string { return "job-1" },
		IP:             func(*http.Request) string { return "192.0.2.1" },
	})
	found := call(t, url, workspace, bearer(shared.publishable), "Referer: https://shop.example/page?x", "X-Forwarded-For: 6.6.6.6")
	equal(t, fmt.Sprint(found.status, found.header.Get("Retry-After"), found.header.Get("RateLimit")), `4297"keystile";r=0;t=7`)
	scopes := guarded(t, client, keystile.ProtectOptions{Scopes: []string{"a", "b"}})
	call(t, scopes, workspace, bearer(shared.publishable), "X-Forwarded-For: 6.6.6.6")
	equal(t, asked.requests()[0].body, `{"key":"`+shared.publishable+`","operation":"POST /v1/analyses","origin":"https://shop.example","ip":"192.0.2.1","cost":3,"reserve":true,"idempotency_key":"job-1"}`)
	equal(t, asked.requests()[1].body, `{"key":"`+shared.publishable+`","scope":["a","b"]}`)
}

func TestAnIdempotencyKeyThatCannotBeIsTheClientsMistake(t *testing.T) {
	long := func(*http.Request) string { return strings.Repeat("x", 256) }
	url := guarded(t, shared.client, keystile.ProtectOptions{IdempotencyKey: long})
	refusedAs(t, call(t, url, workspace, bearer(shared.publishable)), 400, "invalid_idempotency_key")
}

func TestARevokedKeyIsRefusedInTheNextRequest(t *testing.T) {
	url := guarded(t, shared.client, keystile.ProtectOptions{})
	created := got(shared.admin.Organizations.Create(t.Context(), keystile.CreateOrganization{Product: "datakeen", Name: "Revoked"}))(t)
	for _, key := range created.Projects[0].Environments[1].Keys {
		if key.Kind == keystile.KindPublishable {
			equal(t, call(t, url, workspace, bearer(key.Value)).status, 200)
			must(t, errOf(shared.admin.Keys.Revoke(t.Context(), key.ID)))
			found := call(t, url, workspace, bearer(key.Value))
			refusedAs(t, found, 401, "revoked_key")
			if !strings.Contains(found.text, "since 2") {
				t.Fatal(found.text)
			}
		}
	}
}

func TestTwoWaysOfSayingWhatIsAskedAreAMistakeAtTheStart(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Fatal("no panic")
		}
	}()
	keystile.Protect(shared.client, keystile.ProtectOptions{Scopes: []string{"a"}, AuthenticateOnly: true})
}
