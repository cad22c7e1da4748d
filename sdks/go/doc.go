// Package keystile verifies API keys with Keystile, and manages them.
//
// [New] makes a client, [Protect] guards an [net/http.Handler] with it, and [FromContext] tells
// whose call it is:
//
//	client, err := keystile.New(keystile.Config{URL: url, OperatorKey: key})
//	mux.Handle("/v1/", keystile.Protect(client, keystile.ProtectOptions{})(handler))
//	verified, ok := keystile.FromContext(request.Context())
//
// Whatever cannot be decided is an error, and 503 to whoever called the guarded handler: nothing
// here ever lets a call in because Keystile is out of reach.
package keystile
