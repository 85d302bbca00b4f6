// The whole of what a back-end needs of Rift MFA: one function. The key stays here and never goes to a browser.

/** An answer that is not 200, with the code of docs/api.md. */
export class RiftError extends Error {
  constructor(status, error) {
    super(error.message);
    Object.assign(this, { status, code: error.code, attemptsRemaining: error.attempts_remaining });
  }
}

export class Rift {
  #url;
  #key;

  constructor(url, key) {
    this.#url = url;
    this.#key = key;
  }

  get url() {
    return this.#url;
  }

  async #call(method, path, body, idempotencyKey) {
    const answer = await fetch(`${this.#url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.#key}`,
        ...(body && { 'content-type': 'application/json' }),
        // A lost answer is asked for again without a second effect.
        ...(idempotencyKey && { 'idempotency-key': idempotencyKey }),
      },
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(5_000),
    });
    const json = await answer.json();
    if (!answer.ok) throw new RiftError(answer.status, json.error);
    return json;
  }

  /** Sends a code, or begins an enrolment. */
  start = (fields) => this.#call('POST', '/v1/mfa', fields, crypto.randomUUID());

  /** Checks a code. Let the user in on `status === 'approved'`, and on nothing else. */
  verify = (fields) => this.#call('POST', '/v1/mfa/verify', fields, crypto.randomUUID());

  /** Sends a new set of backup codes to the user. */
  backup = (fields) => this.#call('POST', '/v1/mfa/backup', fields, crypto.randomUUID());

  /** What the user has: apps, keys, backup codes. */
  factors = (user) => this.#call('GET', `/v1/mfa/factors?User=${encodeURIComponent(user)}`);

  /** Test mode's messages. Only here, so that the example works without a mail server. */
  inbox = (user) => this.#call('GET', `/v1/test/inbox?User=${encodeURIComponent(user)}`);
}
