package keystile_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

const module = "github.com/keystile/keystile/sdks/go"

var blocks = regexp.MustCompile("(?ms)^```go\n(.*?)^```")

// packed writes the module as the archive that module proxies serve, and unpacks it elsewhere: what
// users get.
func packed(t *testing.T) string {
	t.Helper()
	var archive bytes.Buffer
	writer := zip.NewWriter(&archive)
	for _, pattern := range []string{"*.go", "go.mod", "README.md", "LICENSE"} {
		names := got(filepath.Glob(pattern))(t)
		if len(names) == 0 {
			t.Fatal(pattern)
		}
		for _, name := range names {
			into := got(writer.Create(module + "@v0.1.0/" + name))(t)
			must(t, errOf(into.Write(got(os.ReadFile(name))(t))))
		}
	}
	must(t, writer.Close())
	directory := t.TempDir()
	reader := got(zip.NewReader(bytes.NewReader(archive.Bytes()), int64(archive.Len())))(t)
	for _, file := range reader.File {
		content := got(io.ReadAll(got(file.Open())(t)))(t)
		must(t, os.WriteFile(filepath.Join(directory, filepath.Base(file.Name)), content, 0o600))
	}
	return directory
}

// project is an empty module that has the SDK from its archive.
func project(t *testing.T) string {
	t.Helper()
	directory := t.TempDir()
	text := fmt.Sprintf("module example.com/app\n\ngo 1.24\n\nrequire %s v0.1.0\n\nreplace %s => %s\n", module, module, packed(t))
	must(t, os.WriteFile(filepath.Join(directory, "go.mod"), []byte(text), 0o600))
	return directory
}

func inProject(directory string, words ...string) *exec.Cmd {
	command := exec.Command(words[0], words[1:]...)
	command.Dir = directory
	command.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off")
	return command
}

func readme(t *testing.T) []string {
	t.Helper()
	var found []string
	for _, block := range blocks.FindAllStringSubmatch(string(got(os.ReadFile("README.md"))(t)), -1) {
		found = append(found, block[1])
	}
	return found
}

func TestTheFirstExampleOfTheREADMEGuardsAnAPI(t *testing.T) {
	directory := project(t)
	must(t, os.WriteFile(filepath.Join(directory, "main.go"), []byte(readme(t)[0]), 0o600))
	if output, err := inProject(directory, "go", "build", "-o", "app", ".").CombinedOutput(); err != nil {
		t.Fatalf("%s", output)
	}
	free := got(net.Listen("tcp", "127.0.0.1:0"))(t)
	address := free.Addr().String()
	must(t, free.Close())
	app := inProject(directory, filepath.Join(directory, "app"))
	app.Env = append(app.Env, "ADDRESS="+address, "KEYSTILE_SERVER="+shared.url, "KEYSTILE_KEY="+shared.bound)
	app.Stderr = os.Stderr
	must(t, app.Start())
	ended := make(chan struct{})
	go func() { _ = app.Wait(); close(ended) }()
	t.Cleanup(func() { _ = app.Process.Kill(); <-ended })
	untilListening(t, address, ended)
	allowed := call(t, "http://"+address, workspace, bearer(shared.publishable))
	equal(t, fmt.Sprint(allowed.status, allowed.json["organization"]), fmt.Sprint(http.StatusOK, shared.organization))
	refusedAs(t, call(t, "http://"+address, workspace), 401, "missing_credential")
}

// untilListening returns when somebody listens there. Nothing else tells, so it is tried until it works.
func untilListening(t *testing.T, address string, ended <-chan struct{}) {
	t.Helper()
	for {
		if connection, err := net.Dial("tcp", address); err == nil {
			_ = connection.Close()
			return
		}
		select {
		case <-ended:
			t.Fatal("it ended")
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func TestEveryExampleOfTheREADMECompiles(t *testing.T) {
	found := readme(t)
	if len(found) < 5 {
		t.Fatal(len(found))
	}
	directory := project(t)
	for at, block := range found[1:] {
		text := fmt.Sprintf("package app\n\nimport (\n\t\"context\"\n\t\"fmt\"\n\t\"net/http\"\n\n\tkeystile %q\n)\n\nvar _ = fmt.Sprint\nvar _ http.Handler\n\n"+
			"func block%d(ctx context.Context, client *keystile.Client, handler http.Handler, request *http.Request) error {\n%s\n\treturn nil\n}\n", module, at, block)
		if strings.HasPrefix(block, "package") {
			text = block
		}
		must(t, os.WriteFile(filepath.Join(directory, fmt.Sprintf("block%d.go", at)), []byte(text), 0o600))
	}
	if output, err := inProject(directory, "go", "vet", ".").CombinedOutput(); err != nil {
		t.Fatalf("%s", output)
	}
}

func TestTheModuleNeedsNothingElse(t *testing.T) {
	if text := string(got(os.ReadFile("go.mod"))(t)); strings.Contains(text, "require") {
		t.Fatal(text)
	}
}
