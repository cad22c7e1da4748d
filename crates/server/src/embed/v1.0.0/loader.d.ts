/**
 * Keystile embed 1.0.0: a visitor's session on a page, by a publishable key.
 *
 * These are the types of `loader.mjs`, and of `window.Keystile`, which `loader.js` makes.
 */

/** What happened to an embed's session. */
export type EmbedEvent = "ready" | "renewed" | "refused" | "ended";

/** Why there is no session: `code` is a code of `POST /v1/sessions`, or one of the loader's own. */
export interface EmbedError extends Error {
  readonly code: string | number;
}

/** What listeners are told. On the document the same events are called `keystile:ready` and so on. */
export type EmbedListener = (event: CustomEvent<{ embed: Embed; error?: EmbedError }>) => void;

/** What shows something in an element. Both may be asynchronous; what they throw goes to the console. */
export interface Widget {
  mount(element: Element, embed: Embed): unknown;
  unmount?(element: Element, embed: Embed): unknown;
}

/** What an embed is made of; in a tag, the same names as `data-*`. */
export interface EmbedOptions {
  /** The publishable key. */
  key: string;
  /** The address of the Keystile service; left out, the one written into the file when it was served. */
  api?: string;
  /** The base addresses of your API, which alone get the token; in a tag, with spaces between. */
  baseUrl?: string | readonly string[];
  /** A widget, or the name that one is or will be registered with. */
  widget?: string | Widget;
  /** The address of a page of yours to be shown in a frame. */
  frame?: string;
  /** What the frame is called to those who cannot see it. */
  frameTitle?: string;
  /** The frame's permissions policy, such as `fullscreen; autoplay`. */
  frameAllow?: string;
  /** A selector of the element that the widget is put into. */
  target?: string;
  /** That element itself; left out, a new one behind the tag, or at the end of the page. */
  element?: Element;
  /** Settings for your widget; of a tag, all its `data-*` but the key. */
  settings?: Readonly<Record<string, string>>;
}

/** One tag, or what {@link mount} made. */
export interface Embed {
  readonly key: string;
  readonly api: string | undefined;
  readonly settings: Readonly<Record<string, string>>;
  readonly script: HTMLScriptElement | null;
  readonly state: "opening" | "ready" | "refused" | "ended";
  /** Why it was refused. */
  readonly error: EmbedError | undefined;
  /** Resolves when the session is there; waits for ever when it never comes, and never rejects. */
  readonly ready: Promise<Embed>;
  /** A token that works now; renewed if need be. Rejects with {@link EmbedError}. */
  token(): Promise<string>;
  /**
   * As the browser's own, with the token where the address is below one of the base addresses. A
   * path (`/v1/leads`) goes behind the first of them. At a 401 the session is renewed and the call
   * made once more. Where you set `Authorization` yourself, the token goes into `X-API-Key`.
   */
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;
  on(event: EmbedEvent, listener: EmbedListener): void;
  off(event: EmbedEvent, listener: EmbedListener): void;
  /** Takes away what is shown and, when no other embed uses it, the session. */
  unmount(): void;
}

/** What `loader.js` puts at `window.Keystile`. */
export interface Keystile {
  readonly version: string;
  /** All embeds of the page that are mounted, in order. */
  readonly embeds: readonly Embed[];
  /** The first embed of the page that has a session. */
  readonly ready: Promise<Embed>;
  /** {@link Embed.token} of the page's first embed. */
  token(): Promise<string>;
  /** {@link Embed.fetch} of the page's first embed. */
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;
  /** Listens to all embeds. */
  on(event: EmbedEvent, listener: EmbedListener): void;
  off(event: EmbedEvent, listener: EmbedListener): void;
  /** Says what shows the widget of that name (`data-widget`), before or after the tag is there. */
  register(name: string, widget: Widget): void;
  mount(options: EmbedOptions): Embed;
  /** Calls that, now that this is here. Before it is, make `window.Keystile` an array of such calls. */
  push(work: (keystile: Keystile) => void): void;
}

/** Opens a session and shows a widget, as a tag does. It never throws. */
export function mount(options: EmbedOptions): Embed;

/** The same as {@link Embed.unmount}. */
export function unmount(embed: Embed): void;

/** The same as {@link Keystile.register}. */
export function register(name: string, widget: Widget): void;

declare global {
  interface Window {
    Keystile: Keystile;
  }
}
