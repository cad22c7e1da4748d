/** Keystile embed 1.0.0: for a page of yours that a tag shows with `data-frame`. */

/** The session of the page around this frame. */
export interface FrameSession {
  readonly key: string;
  readonly api: string;
  /** The origin of the page, which the session is bound to. */
  readonly origin: string;
  readonly settings: Readonly<Record<string, string>>;
  /** For your server; your API takes it from pages of `origin` alone, so call it with `fetch`. */
  readonly token: string;
  fetch(
    url: string | URL,
    init?: Pick<RequestInit, "method" | "headers"> & { body?: string | ArrayBuffer | Blob },
  ): Promise<Response>;
  resize(height: number): void;
  on(event: "renewed" | "refused" | "ended", listener: (event: CustomEvent) => void): void;
  off(event: "renewed" | "refused" | "ended", listener: (event: CustomEvent) => void): void;
}

/** Asks the page around this frame. `origins` are the pages that may answer; left out, any. */
export function connect(options?: { origins?: readonly string[] }): Promise<FrameSession>;
