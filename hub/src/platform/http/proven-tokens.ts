import type { AgentId } from '@holdfast/shared-types'
import { copyBytes } from '@holdfast/engine/bytes'

/** Its service and a command line sign for themselves, and a token is renewed a minute before its end. */
const tokensPerDevice = 4
/** Ours have some 400 characters; longer ones are checked each time. */
const longestRemembered = 1_024

export interface Proof {
  readonly token: string
  /** The very key that the signature was checked with: another one has to be checked anew. */
  readonly publicKey: Uint8Array
  /** Seconds since 1970 between which the token holds, by the hub's clock as it is then. */
  readonly fromSeconds: number
  readonly untilSeconds: number
}

/**
 * Tokens of devices whose signature has been checked: a restore asks hundreds of times with the same one, and each check costs the hub 0.6 ms
 * (2 cores, 2026-11-22). Who a device is and whether it may still come is asked each time, here is only that it holds its key.
 * A few for each device that is enrolled, so that none can displace another's.
 */
export class ProvenTokens {
  readonly #proofs = new Map<AgentId, readonly Proof[]>()
  readonly #nowSeconds: () => number

  constructor(nowSeconds = () => Date.now() / 1000) {
    this.#nowSeconds = nowSeconds
  }

  has(agentId: AgentId, token: string, publicKey: Uint8Array): boolean {
    const proof = this.#proofs.get(agentId)?.find((known) => known.token === token)
    return proof !== undefined && this.#holds(proof) && Buffer.compare(proof.publicKey, publicKey) === 0
  }

  add(agentId: AgentId, proof: Proof): void {
    if (proof.token.length > longestRemembered) return
    const others = (this.#proofs.get(agentId) ?? []).filter((known) => this.#holds(known) && known.token !== proof.token)
    // A slice of a larger buffer would keep all of it.
    const own = { ...proof, publicKey: copyBytes(proof.publicKey) }
    this.#proofs.set(agentId, [own, ...others].slice(0, tokensPerDevice))
  }

  #holds({ fromSeconds, untilSeconds }: Proof): boolean {
    const now = this.#nowSeconds()
    return fromSeconds <= now && now < untilSeconds
  }
}
