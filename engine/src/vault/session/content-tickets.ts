import { invariant } from '../../errors/index.ts'
import type { BlobTicket, ContentNumber } from '../blob-sink.ts'

const pageTickets = 4096

/** Tickets of content by its number, from when it is identified until it is asked for. What is held does not grow with the session: content is asked for in its order. */
export class ContentTickets {
  readonly #pages: Uint32Array[] = []
  /** Pages that were let go of. */
  #dropped = 0
  #count = 0
  /** What was asked for last. */
  #last = 0

  /** So many were added. */
  get count(): number {
    return this.#count
  }

  /** Of the next piece of content. */
  add(ticket: BlobTicket): void {
    const at = this.#count++ % pageTickets
    if (at === 0) this.#pages.push(new Uint32Array(pageTickets))
    this.#pages.at(-1)![at] = ticket
  }

  /** Lets go of all before it. */
  take(content: ContentNumber): BlobTicket {
    invariant(content < this.#count, 'content has a ticket once it is identified')
    invariant(content >= this.#last, 'content is asked for in its order')
    this.#last = content
    for (const page = Math.floor(content / pageTickets); this.#dropped < page; this.#dropped++) this.#pages.shift()
    return this.#pages[0]![content % pageTickets]!
  }
}
