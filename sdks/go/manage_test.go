package keystile_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	keystile "github.com/keystile/keystile/sdks/go"
)

func apply(t *testing.T, system string) {
	t.Helper()
	manifest := got(os.ReadFile(filepath.Join(root, "examples", system, "keystile.toml")))(t)
	must(t, errOf(shared.admin.Products.Apply(t.Context(), system, string(manifest), keystile.ApplyManifestQuery{})))
}

func TestAKeyIsCreatedRotatedRevokedAndDeleted(t *testing.T) {
	apply(t, "bkend")
	admin, ctx := shared.admin, t.Context()
	created := got(admin.Organizations.Create(ctx, keystile.CreateOrganization{Product: "bkend", Name: "Paperboat Labs", ExternalID: "paperboat"}))(t)
	project := got(admin.Projects.Create(ctx, created.Organization.ID, keystile.CreateProject{Name: "Regatta"}))(t)
	body := keystile.CreateKey{Kind: keystile.KindSecret, Name: "API server", Metadata: map[string]any{"secret": "a word"}}
	made := got(admin.Keys.Create(ctx, project.Environments[0].ID, body))(t)
	if !strings.HasPrefix(made.Secret.Reveal(), "sk_live_") || made.Key.Metadata["secret"] != "a word" {
		t.Fatalf("%+v", made)
	}
	limit := keystile.RateLimit{Limit: 5, PeriodSeconds: 1}
	limited := got(admin.Keys.Update(ctx, made.Key.ID, keystile.ChangeKey{RateLimit: keystile.Set(limit)}))(t)
	equal(t, *limited.RateLimit, limit)
	renamed := got(admin.Keys.Update(ctx, made.Key.ID, keystile.ChangeKey{Name: keystile.Set("Server")}))(t)
	equal(t, *renamed.RateLimit, limit, "what is left out stays")
	freed := got(admin.Keys.Update(ctx, made.Key.ID, keystile.ChangeKey{RateLimit: keystile.Null[keystile.RateLimit]()}))(t)
	equal(t, freed.RateLimit, nil)
	grace := int64(60)
	rotated := got(admin.Keys.Rotate(ctx, made.Key.ID, keystile.RotateKey{GraceSeconds: &grace}))(t)
	ended := got(admin.Keys.Revoke(ctx, made.Key.ID))(t)
	equal(t, ended.Effective.Confirmed+ended.Effective.Lapsed, ended.Effective.Nodes)
	equal(t, got(admin.Keys.Get(ctx, made.Key.ID))(t).Status, keystile.KeyStateRevoked)
	must(t, errOf(admin.Keys.Delete(ctx, made.Key.ID)))
	var problem *keystile.APIError
	if _, err := admin.OwnKey.Get(ctx, rotated.Secret.Reveal()); !errors.As(err, &problem) || problem.Status != 401 {
		t.Fatal(err)
	}
}

func TestListsAreWalkedPageByPage(t *testing.T) {
	apply(t, "innkept")
	wanted := []string{"a", "b", "c", "d", "e"}
	for _, name := range wanted {
		must(t, errOf(shared.admin.Organizations.Create(t.Context(), keystile.CreateOrganization{Product: "innkept", Name: name})))
	}
	limit := int64(2)
	pages := shared.admin.Organizations.List(t.Context(), keystile.ListOrganizationsQuery{Product: "innkept", Limit: &limit})
	equal(t, len(got(pages.First())(t).Data), 2)
	var names []string
	for organization, err := range pages.All() {
		must(t, err)
		names = append(names, organization.Name)
	}
	slices.Sort(names)
	equal(t, fmt.Sprint(names), fmt.Sprint(wanted))
	for _, err := range with(t, nobody()).Keys.List(t.Context(), keystile.ListKeysQuery{}).All() {
		if !errors.Is(err, keystile.ErrConnection) {
			t.Fatal(err)
		}
	}
}

func TestCreatingCallsAreRepeatedAsTheSameAndOtherChangesAreNot(t *testing.T) {
	apply(t, "keepem")
	body := keystile.CreateOrganization{Product: "keepem", Name: "Riverside"}
	make := func() string {
		return got(shared.admin.Organizations.Create(t.Context(), body, keystile.WithIdempotencyKey("once")))(t).Organization.ID
	}
	equal(t, make(), make())
	shaky := newFake(t, func(response http.ResponseWriter, count int, request seen) {
		if count < 2 {
			cut(response, count, request)
		}
		_, _ = io.WriteString(response, `{"organization":{"id":"org_x"},"projects":[]}`)
	})
	must(t, errOf(with(t, shaky.url).Organizations.Create(t.Context(), body)))
	first, second := shaky.requests()[0].header.Get("Idempotency-Key"), shaky.requests()[1].header.Get("Idempotency-Key")
	if first == "" || first != second {
		t.Fatal(first, second)
	}
	broken := newFake(t, cut)
	client := with(t, broken.url)
	_, err := client.Keys.Revoke(t.Context(), "key_x")
	_, other := client.Keys.Get(t.Context(), "key_x")
	if !errors.Is(err, keystile.ErrConnection) || !errors.Is(other, keystile.ErrConnection) {
		t.Fatal(err, other)
	}
	methods := ""
	for _, request := range broken.requests() {
		methods += request.method + " "
	}
	equal(t, methods, "POST GET GET GET ")
}

func TestIDsCannotLeadToAnotherPath(t *testing.T) {
	for _, id := range []string{"", ".", "..", "../organizations"} {
		if _, err := shared.admin.Keys.Get(t.Context(), id); err == nil {
			t.Fatal(id)
		}
	}
}

func TestAManifestIsAppliedAsTOMLAsJSONAndAsADryRun(t *testing.T) {
	manifest := `{"product":{"slug":"letters","name":"Letters"},"environments":[{"name":"production"}],"keys":{"secret":{}},"scopes":[{"name":"read"}]}`
	dry := true
	equal(t, got(shared.admin.Products.Apply(t.Context(), "letters", manifest, keystile.ApplyManifestQuery{DryRun: &dry}))(t).DryRun, true)
	must(t, errOf(shared.admin.Products.Apply(t.Context(), "letters", manifest, keystile.ApplyManifestQuery{})))
	toml := got(shared.admin.Products.Get(t.Context(), "letters"))(t).Manifest
	equal(t, len(got(shared.admin.Products.Apply(t.Context(), "letters", toml, keystile.ApplyManifestQuery{}))(t).Changes), 0)
}

func TestCreditsAreGrantedAndListed(t *testing.T) {
	ctx, credits := t.Context(), shared.admin.Credits
	organization := got(shared.admin.Organizations.Create(ctx, keystile.CreateOrganization{Product: "datakeen", Name: "Northbank"}))(t).Organization.ID
	ends := time.Now().Add(24 * time.Hour)
	grant := got(credits.CreateGrant(ctx, organization, keystile.CreateGrant{Mode: "live", Amount: 5, Reason: "invoice 17", ExpiresAt: &ends}))(t).Grant
	equal(t, got(credits.Get(ctx, organization))(t).Live.Remaining, 5)
	mode := keystile.ModeLive
	count := 0
	for _, err := range credits.ListLedger(ctx, organization, keystile.ListLedgerQuery{Mode: &mode}).All() {
		must(t, err)
		count++
	}
	equal(t, count, 1)
	equal(t, got(credits.VoidGrant(ctx, grant.ID))(t).Grant.Remaining, 0)
	for entry, err := range shared.admin.Installation.ListAudit(ctx, keystile.ListAuditQuery{Organization: organization}).All() {
		must(t, err)
		if entry.Action == "" || entry.Actor.Type != "operator_key" {
			t.Fatalf("%+v", entry)
		}
	}
}

type decisionTable struct {
	Manifest string
	Keys     []struct {
		Name, Kind, Environment, State string
		Scopes                         *[]string
		AllowedOrigins                 *[]string `json:"allowed_origins"`
		AllowedIPs                     *[]string `json:"allowed_ips"`
		ExpiresAt                      *int64    `json:"expires_at"`
	}
	Rows []struct {
		Key              string
		Text             []string
		Environment      string
		Mode             string
		Operation        string
		Scope            []string
		AuthenticateOnly bool `json:"authenticate_only"`
		Origin, IP, Code string
		MissingScope     string `json:"missing_scope"`
	}
}

func TestDecisionsEveryRowThatCanBeAskedHasItsCode(t *testing.T) {
	admin, ctx := shared.admin, t.Context()
	table := vectors[decisionTable](t, "decisions.json")
	must(t, errOf(admin.Products.Apply(ctx, "table", table.Manifest, keystile.ApplyManifestQuery{})))
	world := func(name string) *keystile.CreatedOrganization {
		return got(admin.Organizations.Create(ctx, keystile.CreateOrganization{Product: "table", Name: name}))(t)
	}
	common, texts := world("shared"), map[string]string{}
	for _, row := range table.Keys {
		// Nobody can wait for a key to expire, so that one state is left to the table's other readers.
		if row.State == "expired" {
			continue
		}
		place := common
		if strings.ContainsAny(row.State, "_") {
			place = world(row.Name)
		}
		environments := place.Projects[0].Environments
		at := slices.IndexFunc(environments, func(found keystile.EnvironmentWithKeys) bool { return found.Name == row.Environment })
		body := keystile.CreateKey{Kind: keystile.Kind(row.Kind), Name: row.Name}
		for from, to := range map[*[]string]*[]string{row.Scopes: &body.Scopes, row.AllowedOrigins: &body.AllowedOrigins, row.AllowedIPs: &body.AllowedIPs} {
			if from != nil {
				*to = *from
			}
		}
		if row.ExpiresAt != nil {
			later := time.Now().Add(24 * time.Hour)
			body.ExpiresAt = &later
		}
		made := got(admin.Keys.Create(ctx, environments[at].ID, body))(t)
		texts[row.Name] = made.Secret.Reveal() + made.Key.Value
		id, off, hour := made.Key.ID, keystile.Set(false), int64(3600)
		project, organization := place.Projects[0].Project.ID, place.Organization.ID
		must(t, map[string]func() error{
			"":         func() error { return nil },
			"revoked":  func() error { return errOf(admin.Keys.Revoke(ctx, id)) },
			"deleted":  func() error { return errOf(admin.Keys.Delete(ctx, id)) },
			"replaced": func() error { return errOf(admin.Keys.Rotate(ctx, id, keystile.RotateKey{})) },
			"retiring": func() error { return errOf(admin.Keys.Rotate(ctx, id, keystile.RotateKey{GraceSeconds: &hour})) },
			"disabled": func() error { return errOf(admin.Keys.Update(ctx, id, keystile.ChangeKey{Enabled: off})) },
			"disabled_environment": func() error {
				return errOf(admin.Environments.Update(ctx, environments[at].ID, keystile.ChangeEnvironment{Enabled: off}))
			},
			"disabled_project":     func() error { return errOf(admin.Projects.Update(ctx, project, keystile.ChangeProject{Enabled: off})) },
			"deleted_environment":  func() error { return errOf(admin.Environments.Delete(ctx, environments[at].ID)) },
			"deleted_project":      func() error { return errOf(admin.Projects.Delete(ctx, project)) },
			"deleted_organization": func() error { return errOf(admin.Organizations.Delete(ctx, organization)) },
			"suspended_organization": func() error {
				return errOf(admin.Organizations.Update(ctx, organization, keystile.ChangeOrganization{Enabled: off}))
			},
			"revoked_and_suspended": func() error {
				return errors.Join(errOf(admin.Keys.Revoke(ctx, id)), errOf(admin.Organizations.Update(ctx, organization, keystile.ChangeOrganization{Enabled: off})))
			},
		}[row.State]())
	}
	asked := 0
	for _, row := range table.Rows {
		key, isMade := texts[row.Key]
		if !isMade && row.Text == nil {
			continue
		}
		asked++
		question := keystile.Question{
			Key: key + strings.Join(row.Text, ""), Product: "table", Environment: row.Environment, Mode: row.Mode, Operation: row.Operation,
			Scopes: row.Scope, AuthenticateOnly: row.AuthenticateOnly, Origin: row.Origin, IP: row.IP,
		}
		found := got(admin.Verify(ctx, question))(t)
		about, _ := json.Marshal(row)
		equal(t, found.Code+" "+found.MissingScope, row.Code+" "+row.MissingScope, string(about))
	}
	if asked < len(table.Rows)-10 {
		t.Fatal(asked, len(table.Rows))
	}
}
