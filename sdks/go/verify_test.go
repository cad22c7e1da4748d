package keystile_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	keystile "github.com/keystile/keystile/sdks/go"
)

const verdict = `{"valid":true,"code":"ok","message":"","key":{"id":"key_x"},"organization":{"id":"org_x"},"project":{"id":"prj_x"},"environment":{"id":"env_x","name":"test"}}`

var analysis = "POST /v1/analyses"

func scoped(key string) keystile.Question {
	return keystile.Question{Key: key, Scopes: []string{"results:read"}}
}

func TestAGoodKeyIsVerifiedWithWhoseItIs(t *testing.T) {
	found := got(shared.client.Verify(t.Context(), scoped(shared.secret)))(t)
	if !found.Valid || found.Verified == nil || found.Verified.Spend != nil {
		t.Fatalf("%+v", found)
	}
	equal(t, found.Verified.Organization.ID, shared.organization)
	equal(t, found.Verified.Environment.Name, "test")
	refused := got(shared.client.Verify(t.Context(), scoped(shared.publishable)))(t)
	equal(t, refused.Code+refused.MissingScope, "insufficient_scoperesults:read")
	elsewhere := got(shared.client.Verify(t.Context(), scoped(shared.liveSecret)))(t)
	equal(t, elsewhere.Code, "wrong_environment")
	equal(t, got(with(t, shared.url).Verify(t.Context(), scoped(shared.secret)))(t).Valid, true)
}

func TestAMalformedKeyNeverLeavesTheProcess(t *testing.T) {
	other := newFake(t, saying(200, verdict))
	client := with(t, other.url)
	for _, key := range []string{shared.secret + "\n", `"` + shared.secret + `"`, shared.secret[:10] + "!", "", "x", "st_cut.off"} {
		found := got(client.Verify(t.Context(), scoped(key)))(t)
		if found.Valid || (found.Code != "malformed_key" && found.Code != "invalid_session") {
			t.Fatalf("%q: %+v", key, found)
		}
	}
	equal(t, got(client.VerifyBatch(t.Context(), []keystile.Question{scoped("x")}))(t)[0].Code, "malformed_key")
	equal(t, len(other.requests()), 0)
}

func TestKeysOfAnotherSystemPassWhereTheClientKnowsHowTheyBegin(t *testing.T) {
	other := newFake(t, saying(200, `{"valid":false,"code":"unknown_key","message":"no"}`))
	client := with(t, other.url, func(config *keystile.Config) { config.ForeignPrefixes = []string{"kp_"} })
	for key, code := range map[string]string{"kp_4f1d2a": "unknown_key", "kq_4f1d2a": "malformed_key", "kp_4f 1d2a": "malformed_key"} {
		equal(t, got(client.Verify(t.Context(), scoped(key)))(t).Code, code)
	}
	equal(t, len(other.requests()), 1)
}

func TestABatchAnswersInItsOrder(t *testing.T) {
	questions := []keystile.Question{scoped(shared.secret), scoped("garbage"), scoped(mint("--mode", "test")), scoped(shared.publishable)}
	found := got(shared.client.VerifyBatch(t.Context(), questions))(t)
	for at, code := range []string{"ok", "malformed_key", "unknown_key", "insufficient_scope"} {
		equal(t, found[at].Code, code)
	}
}

func TestAChargedCallCanBeGivenBackSettledAndReleased(t *testing.T) {
	charge := func(reserve bool) *keystile.Verified {
		question := keystile.Question{Key: shared.secret, Operation: analysis, Reserve: reserve}
		return got(shared.client.Verify(t.Context(), question))(t).Verified
	}
	charged := charge(false)
	back := got(charged.Spend.Refund(t.Context()))(t)
	equal(t, back.Credits.Remaining, charged.Credits.Remaining+1)
	equal(t, got(charge(true).Spend.Settle(t.Context(), 0))(t).Spend.Status, keystile.SpendStatusSettled)
	equal(t, got(charge(true).Spend.Release(t.Context()))(t).Spend.Status, keystile.SpendStatusReleased)
	once := keystile.Question{Key: shared.secret, Operation: analysis, IdempotencyKey: "once"}
	first, second := got(shared.client.Verify(t.Context(), once))(t), got(shared.client.Verify(t.Context(), once))(t)
	equal(t, first.Verified.Spend.ID, second.Verified.Spend.ID)
	must(t, errOf(first.Verified.Spend.RefundPart(t.Context(), 1)))
}

func errOf[T any](_ T, err error) error { return err }

func TestAQuestionThatIsWrongNamesTheField(t *testing.T) {
	_, err := shared.client.Verify(t.Context(), keystile.Question{Key: shared.secret, Scopes: []string{"no:such"}})
	var problem *keystile.APIError
	if !errors.As(err, &problem) || problem.Status != 422 || problem.Errors[0].Pointer != "/scope" || !strings.HasPrefix(problem.RequestID, "req_") {
		t.Fatal(err)
	}
	stranger := with(t, shared.url, func(config *keystile.Config) { config.OperatorKey = mint("--brand", "keystile") })
	if _, err := stranger.Verify(t.Context(), scoped(shared.secret)); !errors.As(err, &problem) || problem.Status != 401 {
		t.Fatal(err)
	}
}

func TestWhatDoesNotAnswerIsNeverAYes(t *testing.T) {
	_, err := with(t, nobody()).Verify(t.Context(), scoped(shared.secret))
	if !errors.Is(err, keystile.ErrConnection) || !errors.Is(err, keystile.ErrUnavailable) {
		t.Fatal(err)
	}
	hurried := func(config *keystile.Config) { config.Timeout = 20 * time.Millisecond }
	if _, err := with(t, silent(t).url, hurried).Verify(t.Context(), scoped(shared.secret)); !errors.Is(err, keystile.ErrTimeout) {
		t.Fatal(err)
	}
	down := newFake(t, saying(503, `{"code":"undecided","detail":"later"}`))
	patient := with(t, down.url, func(config *keystile.Config) { config.Timeout, config.RetryDelay = 200*time.Millisecond, time.Hour })
	if _, err := patient.Verify(t.Context(), scoped(shared.secret)); !errors.Is(err, keystile.ErrTimeout) {
		t.Fatal(err)
	}
	equal(t, len(down.requests()), 1)
	given, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := with(t, silent(t).url).Verify(given, scoped(shared.secret)); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
}

func TestGarbageIsNeverAYes(t *testing.T) {
	answers := []string{"<html>", "", "null", "[]", "true", "{}", `{"valid":"yes","code":"ok"}`, `{"valid":false,"code":"ok"}`,
		strings.Replace(verdict, `"ok"`, `"revoked_key"`, 1), strings.Replace(verdict, `"organization"`, `"other"`, 1), strings.Replace(verdict, "key_x", "", 1)}
	for _, answer := range answers {
		_, err := with(t, newFake(t, saying(200, answer)).url).Verify(t.Context(), scoped(shared.secret))
		if !errors.Is(err, keystile.ErrUnexpectedAnswer) {
			t.Fatalf("%s: %v", answer, err)
		}
	}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	elsewhere := newFake(t, saying(200, verdict))
	redirecting := newFake(t, func(response http.ResponseWriter, _ int, _ seen) {
		response.Header().Set("Location", elsewhere.url)
		response.WriteHeader(307)
	})
	_, err := with(t, redirecting.url).Verify(t.Context(), scoped(shared.secret))
	if !errors.Is(err, keystile.ErrUnexpectedAnswer) {
		t.Fatal(err)
	}
	equal(t, len(elsewhere.requests()), 0)
}

func TestWhatPassesIsTriedAgainAndARefusalIsNot(t *testing.T) {
	for name, fail := range map[string]func(http.ResponseWriter, int, seen){"cut": cut, "503": saying(503, `{"code":"undecided"}`), "502": saying(502, "<html>")} {
		shaky := newFake(t, func(response http.ResponseWriter, count int, request seen) {
			if count < 3 {
				fail(response, count, request)
			} else {
				_, _ = io.WriteString(response, verdict)
			}
		})
		equal(t, got(with(t, shaky.url).Verify(t.Context(), scoped(shared.secret)))(t).Valid, true, name)
		equal(t, len(shaky.requests()), 3, name)
	}
	for status, wanted := range map[int]int{403: 1, 503: 2} {
		other := newFake(t, saying(status, `{"code":"no","detail":"no"}`))
		client := with(t, other.url, func(config *keystile.Config) { config.MaxRetries = 1 })
		if _, err := client.Verify(t.Context(), scoped(shared.secret)); err == nil {
			t.Fatal(status)
		}
		equal(t, len(other.requests()), wanted)
	}
}

func TestACallThatMayCostCreditsIsRepeatedOnlyAsTheSameCharge(t *testing.T) {
	shaky := newFake(t, func(response http.ResponseWriter, count int, request seen) {
		if count < 2 {
			cut(response, count, request)
		}
		_, _ = io.WriteString(response, verdict)
	})
	cost := int64(3)
	must(t, errOf(with(t, shaky.url).Verify(t.Context(), keystile.Question{Key: shared.secret, Operation: analysis, Cost: &cost})))
	var keys []string
	for _, request := range shaky.requests() {
		var body map[string]any
		must(t, json.Unmarshal([]byte(request.body), &body))
		keys = append(keys, fmt.Sprint(body["idempotency_key"]))
	}
	equal(t, len(keys), 2)
	equal(t, keys[0], keys[1])
	once := newFake(t, cut)
	client := with(t, once.url, func(config *keystile.Config) { config.MaxRetries = -1 })
	if _, err := client.Verify(t.Context(), keystile.Question{Key: shared.secret, Operation: analysis}); !errors.Is(err, keystile.ErrConnection) {
		t.Fatal(err)
	}
	equal(t, len(once.requests()), 1)
	equal(t, strings.Contains(once.requests()[0].body, "idempotency_key"), false)
}

func TestNoErrorPrintsAKeyWhateverTheServerSays(t *testing.T) {
	echo := newFake(t, func(response http.ResponseWriter, _ int, request seen) {
		told := request.header.Get("Authorization") + request.body
		body, _ := json.Marshal(map[string]any{"code": "bad_request", "detail": told, "errors": []map[string]string{{"message": told}}})
		response.WriteHeader(400)
		_, _ = response.Write(body)
	})
	for _, url := range []string{echo.url, nobody()} {
		_, err := with(t, url).Verify(t.Context(), scoped(shared.secret))
		shown := fmt.Sprintf("%v %+v %#v", err, err, err)
		var problem *keystile.APIError
		if errors.As(err, &problem) {
			shown += fmt.Sprintf("%+v", *problem)
		}
		for _, key := range []string{shared.secret, shared.operatorKey} {
			if err == nil || strings.Contains(shown, key[20:]) {
				t.Fatal(shown)
			}
		}
	}
}
