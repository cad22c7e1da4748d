package keystile

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

const (
	missing     = "no key was sent; send it as `Authorization: Bearer <key>`"
	conflicting = "more than one key was sent; send exactly one"
	inURL       = "a key was sent in the URL, where it is never read; send it as `Authorization: Bearer <key>`, " +
		"and replace that key, because URLs are written into logs"
)

// findCredential finds the key in the headers that the product reads keys from, or says why there is
// none to be asked about.
//
// Authorization may carry something else, such as an end user's own token, as long as another header
// carries a key. Two keys, equal or not, are a conflict, and so is one of these headers sent twice. A
// key in the URL is refused wherever else there is one.
func findCredential(request *http.Request, names, foreignPrefixes []string) (string, *Verdict) {
	var found, other *string
	for _, name := range names {
		values := request.Header.Values(name)
		if len(values) > 1 {
			return "", refused("conflicting_credentials", conflicting)
		}
		if len(values) == 0 {
			continue
		}
		key, isAuthorization := values[0], strings.EqualFold(name, "Authorization")
		if isAuthorization {
			scheme, rest, ok := strings.Cut(key, " ")
			if !ok || !strings.EqualFold(scheme, "bearer") {
				continue
			}
			key = rest
		}
		// Some proxies join a header that came twice; no key has a comma.
		if strings.Contains(key, ",") {
			return "", refused("conflicting_credentials", conflicting)
		}
		if isAuthorization && !hasPrefix(key, append([]string{"pk_", "sk_", "st_"}, foreignPrefixes...)) {
			other = &key
			continue
		}
		if found != nil {
			return "", refused("conflicting_credentials", conflicting)
		}
		found = &key
	}
	// Whatever follows Bearer is taken when there is nothing else, so that its holder is told what is
	// wrong with it.
	if found == nil {
		found = other
	}
	switch {
	case found == nil && hasKeyInURL(target(request)):
		return "", refused("missing_credential", inURL)
	case hasKeyInURL(target(request)):
		return "", refused("conflicting_credentials", inURL)
	case found == nil:
		return "", refused("missing_credential", missing)
	}
	return *found, nil
}

func hasPrefix(text string, prefixes []string) bool {
	for _, prefix := range prefixes {
		if strings.HasPrefix(text, prefix) {
			return true
		}
	}
	return false
}

// target is path and query, as they came.
func target(request *http.Request) string {
	if strings.HasPrefix(request.RequestURI, "/") {
		return request.RequestURI
	}
	return request.URL.RequestURI()
}

var inText = regexp.MustCompile(`(?:pk|sk)_(?:[a-z][a-z0-9]{1,7}_)?(?:live|test)_[0-9A-Za-z]{38}|st_[\w-]+\.[\w-]+\.[\w-]+`)

// hasKeyInURL says whether a real key, or a session token, stands anywhere in a URL.
func hasKeyInURL(target string) bool {
	text, err := url.PathUnescape(target)
	if err != nil {
		text = target
	}
	for _, found := range inText.FindAllString(text, -1) {
		if _, err := ParseKey(found); err == nil || looksLikeToken(found) {
			return true
		}
	}
	return false
}

var originOfURL = regexp.MustCompile(`\A[^:]+://[^/?#]*`)

// originOf is the page that a request comes from, as the JSON door takes it: its Origin, or, only
// without one, its Referer's. A secret key is judged by whether a browser sent it, so its Referer only
// counts when the browser says that it is one.
func originOf(request *http.Request, key string) string {
	if origins := request.Header.Values("Origin"); len(origins) > 0 {
		return strings.Join(origins, ", ")
	}
	isSecret := strings.HasPrefix(key, "sk_")
	if isSecret && len(request.Header.Values("Sec-Fetch-Site")) == 0 {
		return ""
	}
	if referers := request.Header.Values("Referer"); len(referers) == 1 {
		if page := originOfURL.FindString(referers[0]); page != "" {
			return page
		}
	}
	if isSecret {
		return "null"
	}
	return ""
}
