/** One page of a list. */
export interface Page<T> {
  /** What is on it. */
  data: T[];
  /** Where the next one begins; `null` or absent on the last. */
  next_cursor?: string | null;
}

/**
 * A list that comes in pages: `await` it for its first page, or walk over all of it.
 *
 * ```ts
 * for await (const key of keystile.keys.list({ idle: true })) console.log(key.name);
 * const { data, next_cursor } = await keystile.keys.list({ limit: 20 });
 * ```
 */
export class Pages<T> implements PromiseLike<Page<T>>, AsyncIterable<T> {
  readonly #load: (cursor: string | undefined) => Promise<Page<T>>;

  constructor(load: (cursor: string | undefined) => Promise<Page<T>>) {
    this.#load = load;
  }

  then<A = Page<T>, B = never>(
    found?: ((page: Page<T>) => A | PromiseLike<A>) | null,
    failed?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#load(undefined).then(found, failed);
  }

  /** Page after page. */
  async *pages(): AsyncGenerator<Page<T>, void, undefined> {
    let cursor: string | undefined;
    do {
      const page = await this.#load(cursor);
      yield page;
      cursor = page.next_cursor ?? undefined;
    } while (cursor !== undefined);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for await (const page of this.pages()) yield* page.data;
  }

  /** All of it, in memory: at most `limit`, so that a long list cannot fill it. */
  async toArray(limit = 10_000): Promise<T[]> {
    const all: T[] = [];
    for await (const item of this) {
      if (all.length >= limit) break;
      all.push(item);
    }
    return all;
  }
}
