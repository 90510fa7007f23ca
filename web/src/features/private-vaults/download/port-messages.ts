/** What who takes a download sends to who makes it: give me the next part; a person wants no more of it; nobody came to take it. */
export type FromConsumer = { readonly kind: 'next' } | { readonly kind: 'cancel' } | { readonly kind: 'gone' }

/** What it gets for each `next`. After `failed` nothing more comes: what was sent is not the whole. */
export type FromProducer =
  | { readonly kind: 'part'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'end' }
  | { readonly kind: 'failed' }

/** Asks the service worker, with a port for its answer, whether it knows of these downloads: an older one may still be at work. */
export interface DownloadHello {
  readonly type: 'PRIVATE_DOWNLOAD_HELLO'
}

/** Told to the service worker, with the port and another for its answer: it answers `address` with what comes through. */
export interface DownloadOffer {
  readonly type: 'PRIVATE_DOWNLOAD'
  readonly address: string
  readonly name: string
  /** Null where it is known at the end only. */
  readonly sizeBytes: number | null
}

/** Now and then, while a download goes on: browsers end a service worker that nobody speaks to, and hear no port. */
export interface DownloadAlive {
  readonly type: 'PRIVATE_DOWNLOAD_ALIVE'
}

/** Addresses that the service worker answers by itself. */
export const downloadPath = '/private-download/'
