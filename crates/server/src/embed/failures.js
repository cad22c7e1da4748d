// What can go wrong and what to do about it: one text each.
//
// `cargo xtask generate` makes one file of these, without comments and with shorter names. They
// never throw into the page and leave no promise of their own unhandled: whatever goes wrong is one
// message on the console and one event.
const failure = (reason, at) => {
  const here = globalThis.origin;
  const secret = "everybody can read the secret key on this page: regenerate it in the console, where it counts as exposed, and put a publishable key (pk_...) here";
  const unknown = `${at} does not know this key: copy it again from the console, check data-api`;
  const dead = "this key does not work any more: put a current one into data-key";
  const text = {
    missing_key: 'add data-key="pk_..." to the script tag',
    broken_key: "data-key must be the key alone: no quotes, spaces, line breaks",
    secret_key: secret,
    secret_key_in_browser: secret,
    publishable_key_needed: secret,
    file_page: "a file:// page has no origin: serve it, as from http://localhost",
    no_origin: "a sandboxed frame has no origin: add allow-same-origin, or put the script tag into the page around it",
    bad_api: 'add data-api="https://...", the address of the service, to the script tag',
    malformed_key: unknown,
    unknown_key: unknown,
    revoked_key: dead,
    expired_key: dead,
    disabled_key: dead,
    origin_not_allowed: `pages of ${here} may not use this key: add ${here} to its allowed origins in the console`,
    public_url_missing: "start the service with --public-url",
    no_network: `${at} cannot be reached: this device is offline, an ad blocker or the Content-Security-Policy (connect-src) of this page stops it, or data-api is wrong`,
    not_keystile: `${at} is not Keystile: check data-api`,
    bad_address: `${at} must be https, or on this machine`,
    missing_target: `this page has no ${at}: check data-target`,
    broken_widget: `${at} failed:`,
    ended: "unmounted",
  }[reason] ?? `${at} answers ${reason}`;
  return Object.assign(new Error(`Keystile: ${text} [${reason}]`), { code: reason });
};
const say = (why, ...more) => console.error(why.message, ...more);
const quiet = () => {};
