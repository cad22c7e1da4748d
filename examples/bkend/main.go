// Command bkend is a backend as a service behind nginx: apps sign their users in and keep rows.
//
// nginx has asked Keystile about every request that arrives here, so nothing below knows a key. Who
// is calling stands in the X-Keystile headers; whose rows these are, in the end user's own token.
package main

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"log"
	"net/http"
	"os"
	"time"
)

func main() {
	service := &service{tables: map[string]*table{}, tokens: newTokens(rand.Reader, time.Now)}
	server := &http.Server{Addr: os.Getenv("ADDRESS"), Handler: service.routes(), ReadHeaderTimeout: 10 * time.Second}
	log.Fatal(server.ListenAndServe())
}

func (s *service) routes() http.Handler {
	routes := http.NewServeMux()
	routes.Handle("POST /v1/auth/signin", answers(s.signIn))
	routes.Handle("GET /v1/data/{table}", answers(s.read))
	routes.Handle("POST /v1/data/{table}", answers(s.write))
	routes.Handle("DELETE /v1/data/{table}/{id}", answers(s.delete))
	routes.Handle("PUT /v1/schema/{table}", answers(s.define))
	return routes
}

// caller is whose key came with the request, as nginx tells it.
type caller struct {
	environment string
	isServer    bool
}

func callerOf(request *http.Request) (caller, error) {
	environment := request.Header.Get("X-Keystile-Environment")
	if environment == "" {
		return caller{}, errors.New("the request did not come through nginx")
	}
	return caller{environment: environment, isServer: request.Header.Get("X-Keystile-Kind") == "secret"}, nil
}

// problem is a refusal that the client may read.
type problem struct {
	status int
	detail string
}

func (p problem) Error() string { return p.detail }

// answers turns a handler that returns its answer into one that writes it.
func answers(handle func(caller, *http.Request) (int, any, error)) http.Handler {
	return http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		request.Body = http.MaxBytesReader(response, request.Body, 16*1024)
		who, err := callerOf(request)
		if err != nil {
			send(response, http.StatusForbidden, map[string]any{"status": http.StatusForbidden, "detail": err.Error()})
			return
		}
		status, answer, err := handle(who, request)
		var refused problem
		switch {
		case errors.As(err, &refused):
			send(response, refused.status, map[string]any{"status": refused.status, "detail": refused.detail})
		case err != nil:
			log.Print(err)
			send(response, http.StatusInternalServerError, map[string]any{"status": 500, "detail": "something broke"})
		default:
			send(response, status, answer)
		}
	})
}

func send(response http.ResponseWriter, status int, answer any) {
	if answer == nil {
		response.WriteHeader(status)
		return
	}
	response.Header().Set("Content-Type", "application/json")
	response.WriteHeader(status)
	_ = json.NewEncoder(response).Encode(answer)
}

func body(request *http.Request, into any) error {
	if err := json.NewDecoder(request.Body).Decode(into); err != nil {
		return problem{http.StatusBadRequest, "the body is a JSON object of at most 16 KiB"}
	}
	return nil
}
