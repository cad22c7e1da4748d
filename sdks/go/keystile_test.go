// What the tests need: a real Keystile with a product, and servers that misbehave.
package keystile_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"

	keystile "github.com/keystile/keystile/sdks/go"
)

const (
	root   = "../.."
	issuer = "https://keys.example.com"
)

func program() string {
	if tried := os.Getenv("TRIED_PROGRAM"); tried != "" {
		return tried
	}
	return filepath.Join(root, "target/debug/keystile")
}

func vectors[T any](t *testing.T, name string) T {
	t.Helper()
	var found T
	content, err := os.ReadFile(filepath.Join(root, "conformance", name))
	must(t, errors.Join(err, json.Unmarshal(content, &found)))
	return found
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func got[T any](value T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		must(t, err)
		return value
	}
}

func equal[T comparable](t *testing.T, found, wanted T, about ...any) {
	t.Helper()
	if found != wanted {
		t.Fatalf("%v instead of %v %s", found, wanted, fmt.Sprint(about...))
	}
}

// mint makes a key that has the right form and was never issued.
func mint(words ...string) string {
	printed, err := exec.Command(program(), append([]string{"mint"}, words...)...).Output()
	if err != nil {
		panic(err)
	}
	return strings.TrimSpace(string(printed))
}

// installation is a server with Datakeen and one customer.
type installation struct {
	url, operatorKey, bound         string
	secret, publishable, liveSecret string
	organization                    string
	admin, client                   *keystile.Client
}

var shared *installation

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	directory, err := os.MkdirTemp("", "keystile-go-")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(directory) }()
	operatorKey := mint("--brand", "keystile")
	server := exec.Command(program(), "serve", "--listen", "127.0.0.1:0", "--data", filepath.Join(directory, "data"), "--public-url", issuer)
	server.Env = append(os.Environ(), "KEYSTILE_BOOTSTRAP_KEY="+operatorKey)
	output, err := server.StdoutPipe()
	if err != nil {
		panic(err)
	}
	if err := server.Start(); err != nil {
		panic(err)
	}
	defer func() {
		_ = server.Process.Signal(syscall.SIGTERM)
		_ = server.Wait()
	}()
	lines := bufio.NewReader(output)
	address := regexp.MustCompile(`listens on (http://\S+)`)
	url := ""
	for url == "" {
		line, err := lines.ReadString('\n')
		if err != nil {
			panic("the server ended")
		}
		if found := address.FindStringSubmatch(line); found != nil {
			url = found[1]
		}
	}
	go func() { _, _ = io.Copy(io.Discard, lines) }()
	shared = settle(url, operatorKey)
	return m.Run()
}

func settle(url, operatorKey string) *installation {
	ctx := context.Background()
	check := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	admin, err := keystile.New(keystile.Config{URL: url, OperatorKey: operatorKey})
	check(err)
	manifest, err := os.ReadFile(filepath.Join(root, "examples/datakeen/keystile.toml"))
	check(err)
	_, err = admin.Products.Apply(ctx, "datakeen", string(manifest), keystile.ApplyManifestQuery{})
	check(err)
	created, err := admin.Organizations.Create(ctx, keystile.CreateOrganization{Product: "datakeen", Name: "Northbank Credit"})
	check(err)
	bound, err := admin.Installation.CreateOperatorKey(ctx, keystile.CreateOperatorKey{Name: "API", Product: "datakeen", Environment: "test", Scopes: []string{"keys:verify"}})
	check(err)
	client, err := keystile.New(keystile.Config{URL: url, OperatorKey: bound.Secret.Reveal(), RetryDelay: 1})
	check(err)
	made := &installation{url: url, operatorKey: operatorKey, bound: bound.Secret.Reveal(), organization: created.Organization.ID, admin: admin, client: client}
	for _, environment := range created.Projects[0].Environments {
		for _, key := range environment.Keys {
			switch {
			case environment.Name == "production" && key.Kind == keystile.KindSecret:
				made.liveSecret = key.Secret.Reveal()
			case environment.Name == "test" && key.Kind == keystile.KindSecret:
				made.secret = key.Secret.Reveal()
			case environment.Name == "test":
				made.publishable = key.Value
			}
		}
	}
	return made
}

// with is a client for a server, as the tests need it.
func with(t *testing.T, url string, change ...func(*keystile.Config)) *keystile.Client {
	t.Helper()
	config := keystile.Config{URL: url, OperatorKey: shared.operatorKey, Product: "datakeen", Environment: "test", RetryDelay: 1}
	for _, change := range change {
		change(&config)
	}
	return got(keystile.New(config))(t)
}

// fake is a local server that answers as it is told, and counts.
type fake struct {
	url   string
	mutex sync.Mutex
	seen  []seen
}

type seen struct {
	method string
	header http.Header
	body   string
}

func (f *fake) requests() []seen {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return f.seen
}

func newFake(t *testing.T, answer func(response http.ResponseWriter, count int, request seen)) *fake {
	t.Helper()
	found := &fake{}
	server := httptest.NewServer(http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		body, _ := io.ReadAll(request.Body)
		found.mutex.Lock()
		found.seen = append(found.seen, seen{request.Method, request.Header, string(body)})
		count := len(found.seen)
		found.mutex.Unlock()
		answer(response, count, seen{request.Method, request.Header, string(body)})
	}))
	t.Cleanup(server.Close)
	found.url = server.URL
	return found
}

// saying answers the same always.
func saying(status int, body string) func(http.ResponseWriter, int, seen) {
	return func(response http.ResponseWriter, _ int, _ seen) {
		response.WriteHeader(status)
		_, _ = io.WriteString(response, body)
	}
}

// silent never answers, until the test ends.
func silent(t *testing.T) *fake {
	t.Helper()
	ended := make(chan struct{})
	found := newFake(t, func(http.ResponseWriter, int, seen) { <-ended })
	t.Cleanup(func() { close(ended) })
	return found
}

func cut(http.ResponseWriter, int, seen) { panic(http.ErrAbortHandler) }

// nobody is an address where nobody listens.
func nobody() string {
	server := httptest.NewServer(nil)
	server.Close()
	return server.URL
}
