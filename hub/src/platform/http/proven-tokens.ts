/** Some thousand devices, each with a token that lives 5 minutes. */
const mostTokens = 10_000

interface Proof {
  /** The very key that the signature was checked with: another one has to be checked anew. */
  readonly publicKey: Uint8Array
  /** Seconds since 1970; until then the token holds. */
  readonly untilSeconds: number
}

/**
 * Tokens of devices whose signature has been checked: a restore asks hundreds of times with the same one, and each check costs the hub 0.6 ms
 * (2 cores, 2026-11-22). Who a device is and whether it may still come is asked each time, here is only that it holds its key.
 */
export class ProvenTokens {
  readonly #proofs = new Map<string, Proof>()
  readonly #nowSeconds: () => number

  constructor(nowSeconds = () => Date.now() / 1000) {
    this.#nowSeconds = nowSeconds
  }

  has(token: string, publicKey: Uint8Array): boolean {
    const proof = this.#proofs.get(token)
    return proof !== undefined && proof.untilSeconds > this.#nowSeconds() && Buffer.compare(proof.publicKey, publicKey) === 0
  }

  add(token: string, proof: Proof): void {
    if (this.#proofs.size >= mostTokens) this.#makeRoom()
    this.#proofs.set(token, proof)
  }

  /** Those that hold no more; where all do, the oldest. */
  #makeRoom(): void {
    for (const [token, { untilSeconds }] of this.#proofs) if (untilSeconds <= this.#nowSeconds()) this.#proofs.delete(token)
    for (const token of this.#proofs.keys()) {
      if (this.#proofs.size < mostTokens) return
      this.#proofs.delete(token)
    }
  }
}
