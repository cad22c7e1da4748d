package keystile

import (
	"context"
	"iter"
)

// Page is one page of a list.
type Page[T any] struct {
	// Data is what is on it.
	Data []T `json:"data"`
	// NextCursor is where the next one begins; empty on the last.
	NextCursor string `json:"next_cursor"`
}

// Pages is a list that comes in pages: walk over All of it, or take the First.
type Pages[T any] struct {
	load func(cursor string) (*Page[T], error)
}

// First is the first page alone.
func (p *Pages[T]) First() (*Page[T], error) { return p.load("") }

// All walks over all of it, page by page. It ends with the first error.
func (p *Pages[T]) All() iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for cursor := ""; ; {
			page, err := p.load(cursor)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, item := range page.Data {
				if !yield(item, nil) {
					return
				}
			}
			if cursor = page.NextCursor; cursor == "" {
				return
			}
		}
	}
}

func pages[T any](ctx context.Context, api *caller, call operation, options []Option) *Pages[T] {
	return &Pages[T]{func(cursor string) (*Page[T], error) {
		at := call
		if cursor != "" {
			at.query = withCursor(call.query, cursor)
		}
		return send[Page[T]](ctx, api, at, options)
	}}
}
