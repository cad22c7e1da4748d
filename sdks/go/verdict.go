package keystile

import (
	"context"
	"fmt"
)

// Verdict is what is known of a key: look at Valid first.
type Verdict struct {
	// Valid says whether the call may go on.
	Valid bool
	// Code is a stable word: ok, or why not.
	Code string
	// Message says the same for people.
	Message string
	// Since is since when the key does not work, where that is known.
	Since string
	// MissingScope is the first scope that the key lacks.
	MissingScope string
	// RateLimit is what is left of the rate limit that has least left, if there is one.
	RateLimit *RateLimitLeft
	// RequestID is the request, as Keystile's log knows it.
	RequestID string
	// Answer has all that was told, also of a key that is refused.
	Answer VerifyAnswer
	// Verified is whose call it is; nil when it is refused.
	Verified *Verified
}

// Verified is whose call it is.
type Verified struct {
	Key          VerifiedKey
	Organization VerifiedOrganization
	Project      VerifiedProject
	Environment  VerifiedEnvironment
	// Session is there when its token was presented in place of the key.
	Session   *Session
	RateLimit *RateLimitLeft
	// Credits are those that remain, when the call was charged.
	Credits *CreditsLeft
	// Spend is what the call was charged, when it was.
	Spend *SpendHandle
	// RequestID is the request, as Keystile's log knows it.
	RequestID string
}

// SpendHandle is the charge of one call.
type SpendHandle struct {
	// ID is its id, spend_….
	ID      string
	credits *CreditsResource
}

// Refund gives all of it back. It may be repeated.
func (s *SpendHandle) Refund(ctx context.Context) (*ChangedSpend, error) {
	return s.credits.RefundSpend(ctx, s.ID, RefundSpend{})
}

// RefundPart gives a part of it back. Repeating it gives that part back again.
func (s *SpendHandle) RefundPart(ctx context.Context, amount int64) (*ChangedSpend, error) {
	return s.credits.RefundSpend(ctx, s.ID, RefundSpend{Amount: &amount})
}

// Settle turns a reservation into a charge of amount; the rest is free again.
func (s *SpendHandle) Settle(ctx context.Context, amount int64) (*ChangedSpend, error) {
	return s.credits.SettleSpend(ctx, s.ID, SettleSpend{Amount: amount})
}

// Release gives a reservation back: the call cost nothing.
func (s *SpendHandle) Release(ctx context.Context) (*ChangedSpend, error) {
	return s.credits.ReleaseSpend(ctx, s.ID)
}

var errNoVerdict = fmt.Errorf("%w: it is not a verdict: is this Keystile, and not older than this package?", ErrUnexpectedAnswer)

func refused(code, message string) *Verdict {
	return &Verdict{Code: code, Message: message}
}

// readVerdict reads a verdict. Whatever is not exactly one is no yes: something that is no Keystile
// must not let anybody in.
func readVerdict(answer *VerifyAnswer, credits *CreditsResource) (*Verdict, error) {
	if answer.Code == "" || answer.Valid != (answer.Code == "ok") {
		return nil, errNoVerdict
	}
	verdict := &Verdict{
		Valid: answer.Valid, Code: answer.Code, Message: answer.Message, Since: answer.Since,
		MissingScope: answer.MissingScope, RateLimit: answer.RateLimit, RequestID: answer.RequestID, Answer: *answer,
	}
	if !answer.Valid {
		return verdict, nil
	}
	isWhole := answer.Key != nil && answer.Organization != nil && answer.Project != nil && answer.Environment != nil
	if !isWhole || answer.Key.ID == "" || answer.Organization.ID == "" || answer.Project.ID == "" || answer.Environment.ID == "" {
		return nil, errNoVerdict
	}
	verdict.Verified = &Verified{
		Key: *answer.Key, Organization: *answer.Organization, Project: *answer.Project, Environment: *answer.Environment,
		Session: answer.Session, RateLimit: answer.RateLimit, Credits: answer.Credits, RequestID: answer.RequestID,
	}
	if answer.SpendID != "" {
		verdict.Verified.Spend = &SpendHandle{answer.SpendID, credits}
	}
	return verdict, nil
}
