// Keys without anybody to ask: form, checksum, and what was copied along.
import assert from "node:assert/strict";
import { inspect } from "node:util";
import test from "node:test";
import { ConfigurationError, Keystile, KeyFormatError, Secret, isKey, parseKey } from "@keystile/sdk";
import { vectors, whole } from "./keystile.mjs";

const { valid, invalid } = vectors("keys.json");
const text = (at) => whole(valid[at].text);
const secret = whole(valid.find(({ kind, brand }) => kind === "secret" && brand === "acme").text);
const publishable = whole(valid.find(({ kind }) => kind === "publishable").text);

for (const [at, { kind, mode, brand, start, preview }] of valid.entries()) {
  test(`vector ${at}: a ${mode} ${kind} key with the brand ${brand} is read`, () => {
    const key = parseKey(text(at));
    assert.deepEqual([key.kind, key.mode, key.brand ?? null, key.start, key.preview], [kind, mode, brand, start, preview]);
    assert.equal(key.reveal(), text(at));
  });
}

for (const { why, text: parts, code } of invalid) {
  test(`vector: ${why} is refused as ${code}`, () => {
    assert.equal(isKey(whole(parts)), false);
    assert.throws(() => parseKey(whole(parts)), (error) => error instanceof KeyFormatError && error.code === code);
  });
}

test("k04_every_change_of_one_character_and_every_swap_is_refused", () => {
  for (let at = 0; at < secret.length; at += 1) {
    const other = secret[at] === "0" ? "1" : "0";
    assert.equal(isKey(secret.slice(0, at) + other + secret.slice(at + 1)), false, `at ${at}`);
    const swapped = secret.slice(0, at) + (secret[at + 1] ?? "") + secret[at] + secret.slice(at + 2);
    if (swapped !== secret) assert.equal(isKey(swapped), false, `swap at ${at}`);
  }
});

test("k09_what_was_copied_along_with_a_key_is_named", () => {
  const cases = [
    [`${secret}\n`, /there is a line break after the key: remove it/],
    [`${secret.slice(0, 20)}\r\n${secret.slice(20)}`, /there is a line break in the key/],
    [`"${secret}"`, /there are quotation marks around the key: remove them/],
    [`'${secret}`, /there is a quotation mark before the key/],
    [`\u201c${secret}\u201d`, /there are quotation marks around the key/],
    [` ${secret}`, /there is a space before the key/],
    [`${secret}\t`, /there is a space after the key/],
    [`\ufeff${secret}`, /there is an invisible character before the key/],
    [`Bearer ${secret}`, /the word Bearer stands before the key/],
  ];
  for (const [sent, message] of cases) {
    assert.throws(() => parseKey(sent), (error) => message.test(error.message) && !error.message.includes(secret.slice(16)), JSON.stringify(sent));
  }
});

test("k09_a_masked_preview_is_called_one", () => {
  assert.throws(() => parseKey(parseKey(secret).preview), /this is the masked preview, not the key/);
});

test("an operator key that is something else is refused when the client is made", () => {
  const make = (operatorKey) => new Keystile({ url: "https://keys.example.com", operatorKey });
  const cases = [
    [publishable, /operatorKey is a publishable key/],
    [secret, /operatorKey is a customer's secret key/],
    ["st_a.b.c", /operatorKey is a session token/],
    [`"${secret}"`, /quotation marks around the key/],
    [`${secret}\n`, /line break after the key/],
    ["", /operatorKey is missing/],
    [undefined, /operatorKey is missing/],
    [parseKey(secret).preview, /masked preview/],
  ];
  for (const [key, message] of cases) {
    assert.throws(() => make(key), (error) => error instanceof ConfigurationError && message.test(error.message) && !error.message.includes(secret.slice(16)));
  }
});

test("an address that cannot be right is refused when the client is made", () => {
  const operatorKey = "unseen";
  for (const url of ["", undefined, "keys.example.com", "ftp://keys.example.com", "https://a:b@keys.example.com", "https://keys.example.com?x=1"]) {
    assert.throws(() => new Keystile({ url, operatorKey }), ConfigurationError);
  }
});

test("nothing that holds a key prints it", () => {
  const shown = (value) => [`${value}`, JSON.stringify(value), inspect(value, { depth: 9, showHidden: true }), JSON.stringify({ value }), inspect({ value })].join("\n");
  assert.ok(!shown(parseKey(secret)).includes(secret.slice(-30)));
  assert.ok(!shown(new Secret(secret)).includes(secret.slice(-30)));
  assert.equal(new Secret(secret).reveal(), secret);
});
