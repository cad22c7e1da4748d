package main

import (
	"crypto/rand"
	"net/http"
	"slices"
	"sync"
)

// service keeps everything in memory, by environment.
type service struct {
	mutex  sync.Mutex
	tables map[string]*table
	tokens *tokens
}

type table struct {
	columns []string
	rows    []row
}

type row struct {
	ID     string         `json:"id"`
	Owner  string         `json:"owner"`
	Values map[string]any `json:"values"`
}

func (s *service) signIn(who caller, request *http.Request) (int, any, error) {
	var asked struct{ Email string }
	if err := body(request, &asked); err != nil {
		return 0, nil, err
	}
	if asked.Email == "" || len(asked.Email) > 200 {
		return 0, nil, problem{http.StatusUnprocessableEntity, "email is a text of 1 to 200 characters"}
	}
	return http.StatusOK, map[string]string{"token": s.tokens.make(asked.Email, who.environment)}, nil
}

// read gives an end user their own rows, and a server all of them.
func (s *service) read(who caller, request *http.Request) (int, any, error) {
	user, err := s.user(who, request)
	if err != nil {
		return 0, nil, err
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	found, err := s.table(who, request)
	if err != nil {
		return 0, nil, err
	}
	visible := []row{}
	for _, row := range found.rows {
		if who.isServer || row.Owner == user {
			visible = append(visible, row)
		}
	}
	return http.StatusOK, map[string]any{"user": user, "data": visible}, nil
}

func (s *service) write(who caller, request *http.Request) (int, any, error) {
	user, err := s.user(who, request)
	if err != nil {
		return 0, nil, err
	}
	values := map[string]any{}
	if err := body(request, &values); err != nil {
		return 0, nil, err
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	found, err := s.table(who, request)
	if err != nil {
		return 0, nil, err
	}
	for column := range values {
		if !slices.Contains(found.columns, column) {
			return 0, nil, problem{http.StatusUnprocessableEntity, "there is no column " + column}
		}
	}
	made := row{ID: "row_" + rand.Text()[:12], Owner: user, Values: values}
	found.rows = append(found.rows, made)
	return http.StatusCreated, made, nil
}

func (s *service) delete(who caller, request *http.Request) (int, any, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	found, err := s.table(who, request)
	if err != nil {
		return 0, nil, err
	}
	found.rows = slices.DeleteFunc(found.rows, func(row row) bool { return row.ID == request.PathValue("id") })
	return http.StatusNoContent, nil, nil
}

func (s *service) define(who caller, request *http.Request) (int, any, error) {
	var asked struct {
		Columns []string `json:"columns"`
	}
	if err := body(request, &asked); err != nil {
		return 0, nil, err
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	name := request.PathValue("table")
	found := s.tables[who.environment+"/"+name]
	if found == nil {
		found = &table{}
		s.tables[who.environment+"/"+name] = found
	}
	found.columns = asked.Columns
	return http.StatusOK, map[string]any{"table": name, "columns": asked.Columns}, nil
}

// table is one of the environment whose key it is: nobody reaches another's.
func (s *service) table(who caller, request *http.Request) (*table, error) {
	found := s.tables[who.environment+"/"+request.PathValue("table")]
	if found == nil {
		return nil, problem{http.StatusNotFound, "there is no table " + request.PathValue("table")}
	}
	return found, nil
}

// user is the end user who signed in; a server may do without one.
func (s *service) user(who caller, request *http.Request) (string, error) {
	authorization := request.Header.Get("Authorization")
	if authorization == "" && who.isServer {
		return "", nil
	}
	user, err := s.tokens.read(authorization, who.environment)
	if err != nil {
		return "", problem{http.StatusUnauthorized, "sign in, and send the token as Authorization: Bearer: " + err.Error()}
	}
	return user, nil
}
