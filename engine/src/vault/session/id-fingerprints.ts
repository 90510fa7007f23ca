import type { BlobTicket } from '../blob-sink.ts'

const pageBits = 14
const pageTickets = 1 << pageBits
/** Words of a ticket: 32 bits of its id, and the next ticket of its chain. */
const linkWords = 2
const firstHeadBits = 12
/** Chains are this long on average before there are twice as many. */
const mostPerChain = 2

/**
 * Finds tickets by their ids without holding these: 44 bits of each say which tickets to compare with, 32 of them in a word, 12 by the chain that the
 * ticket is in. Ids are keyed hashes, so even with 100 million of them hardly one question in 100,000 has a wrong one compared. 10 to 12 bytes a ticket,
 * 14 for the moment in which there become more chains, which needs no ids either.
 */
export class IdFingerprints {
  readonly #isSame: (ticket: BlobTicket, id: Uint8Array) => boolean
  /** First ticket of each chain + 1, 0 for none. */
  #heads = new Int32Array(1 << firstHeadBits)
  #headBits = firstHeadBits
  /** Pages of (32 bits of the id, next ticket + 1): pages are added, never copied. */
  readonly #links: Int32Array[] = []
  #count = 0

  /** @param isSame compares the whole id: a fingerprint alone is never believed. */
  constructor(isSame: (ticket: BlobTicket, id: Uint8Array) => boolean) {
    this.#isSame = isSame
  }

  /** @returns the ticket of an id; -1 for none. */
  find(id: Uint8Array): BlobTicket {
    const bits = bitsOf(id)
    for (let entry = this.#heads[this.#chainOf(id, bits)]!; entry !== 0;) {
      const ticket = entry - 1
      const links = this.#links[ticket >>> pageBits]!
      const at = (ticket & (pageTickets - 1)) * linkWords
      if (links[at] === bits && this.#isSame(ticket, id)) return ticket
      entry = links[at + 1]!
    }
    return -1
  }

  /** Gives the next ticket to an id that has none. */
  add(id: Uint8Array): BlobTicket {
    if (this.#count === this.#heads.length * mostPerChain) this.#doubleChains()
    const ticket = this.#count++
    if ((ticket & (pageTickets - 1)) === 0) this.#links.push(new Int32Array(pageTickets * linkWords))
    const links = this.#links[ticket >>> pageBits]!
    const at = (ticket & (pageTickets - 1)) * linkWords
    const bits = bitsOf(id)
    const chain = this.#chainOf(id, bits)
    links[at] = bits
    links[at + 1] = this.#heads[chain]!
    this.#heads[chain] = ticket + 1
    return ticket
  }

  /** Number of a chain: 12 bits that are nowhere else, above them as many of the stored ones as there are chains for. */
  #chainOf(id: Uint8Array, bits: number): number {
    const own = id[4]! | ((id[5]! & 0x0f) << 8)
    return (own | (bits << firstHeadBits)) & (this.#heads.length - 1)
  }

  /** Each chain gives to a new one what has one more of the stored bits set. */
  #doubleChains(): void {
    const chains = this.#heads.length
    const bit = this.#headBits++ - firstHeadBits
    // Gives the old memory back at once.
    const heads = new Int32Array(this.#heads.buffer.transfer(chains * 2 * Int32Array.BYTES_PER_ELEMENT))
    for (let chain = 0; chain < chains; chain++) {
      let entry = heads[chain]!
      heads[chain] = 0
      while (entry !== 0) {
        const links = this.#links[(entry - 1) >>> pageBits]!
        const at = ((entry - 1) & (pageTickets - 1)) * linkWords
        const next = links[at + 1]!
        const into = ((links[at]! >>> bit) & 1) === 0 ? chain : chain + chains
        links[at + 1] = heads[into]!
        heads[into] = entry
        entry = next
      }
    }
    this.#heads = heads
  }
}

const bitsOf = (id: Uint8Array): number => id[0]! | (id[1]! << 8) | (id[2]! << 16) | (id[3]! << 24)
