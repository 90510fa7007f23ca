import type { DownloadOffer, FromConsumer } from './port-messages.ts'

/** So long an offer waits for who asks for its address: a moment, as the page asks at once. */
export const offerMs = 60_000

export interface Offered extends DownloadOffer {
  /** To who makes the download. */
  readonly port: Pick<MessagePort, 'postMessage' | 'close'>
}

/** Downloads by the address that the browser is to ask for; each is taken once. */
export class Offers<O extends Offered> {
  readonly #offers = new Map<string, O>()

  add(offer: O): void {
    this.#offers.set(offer.address, offer)
    setTimeout(() => this.#withdraw(offer.address), offerMs)
  }

  take(address: string): O | undefined {
    const offer = this.#offers.get(address)
    this.#offers.delete(address)
    return offer
  }

  /** Nobody came: who would send it need not wait. */
  #withdraw(address: string): void {
    const offer = this.take(address)
    offer?.port.postMessage({ kind: 'gone' } satisfies FromConsumer, [])
    offer?.port.close()
  }
}
