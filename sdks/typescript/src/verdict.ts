import { UnexpectedAnswerError } from "./errors.js";
import type { ChangedSpend, VerifiedEnvironment, VerifiedKey, VerifiedOrganization, VerifiedProject, VerifyAnswer } from "./generated/types.js";
import type { CreditsResource } from "./generated/resources.js";

/** A verdict that lets the call go on. */
export interface Verified extends VerifyAnswer {
  valid: true;
  code: "ok";
  key: VerifiedKey;
  organization: VerifiedOrganization;
  project: VerifiedProject;
  environment: VerifiedEnvironment;
  /** What the call was charged, when it was: give it back, or settle or release a reservation. */
  spend?: SpendHandle;
}

/** A verdict that refuses the call; `code` says why. */
export interface Refused extends VerifyAnswer {
  valid: false;
}

/** What is known of a key: look at `valid` first. */
export type Verdict = Verified | Refused;

/** The charge of one call. */
export class SpendHandle {
  readonly #credits: CreditsResource;
  /** Its id, `spend_…`. */
  readonly id: string;

  /** @internal */
  constructor(credits: CreditsResource, id: string) {
    this.#credits = credits;
    this.id = id;
  }

  /**
   * Gives back all of it, or a part. All of it may be repeated; a part that is repeated is given
   * back again.
   */
  refund(amount?: number): Promise<ChangedSpend> {
    return this.#credits.refundSpend(this.id, amount === undefined ? {} : { amount });
  }

  /** Turns a reservation into a charge of `amount`; the rest is free again. */
  settle(amount: number): Promise<ChangedSpend> {
    return this.#credits.settleSpend(this.id, { amount });
  }

  /** Gives a reservation back: the call cost nothing. */
  release(): Promise<ChangedSpend> {
    return this.#credits.releaseSpend(this.id);
  }
}

/**
 * Reads a verdict. Whatever is not exactly one is no yes: something that is no Keystile must not
 * let anybody in.
 */
export function readVerdict(answer: unknown, credits: CreditsResource): Verdict {
  const found = (answer ?? {}) as VerifyAnswer;
  const isWord = typeof found.valid === "boolean" && typeof found.code === "string";
  if (!isWord || found.valid !== (found.code === "ok")) throw broken();
  if (!found.valid) return found as Refused;
  const parts = [found.key, found.organization, found.project, found.environment];
  if (parts.some((part) => typeof part?.id !== "string")) throw broken();
  const verified = found as Verified;
  if (typeof found.spend_id === "string") verified.spend = new SpendHandle(credits, found.spend_id);
  return verified;
}

function broken(): UnexpectedAnswerError {
  return new UnexpectedAnswerError("the answer is not a verdict: is this Keystile, and not older than this package?");
}
