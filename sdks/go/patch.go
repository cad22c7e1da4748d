package keystile

import "encoding/json"

// Patch is a field of a change. Left out, the field stays as it is; [Set] gives it a value; [Null]
// takes its value away.
type Patch[T any] struct {
	value   *T
	isGiven bool
}

// Set gives a field a value.
func Set[T any](value T) Patch[T] { return Patch[T]{&value, true} }

// Null takes a field's value away.
func Null[T any]() Patch[T] { return Patch[T]{nil, true} }

// IsZero says whether the field stays as it is.
func (p Patch[T]) IsZero() bool { return !p.isGiven }

// MarshalJSON implements [json.Marshaler].
func (p Patch[T]) MarshalJSON() ([]byte, error) { return json.Marshal(p.value) }
