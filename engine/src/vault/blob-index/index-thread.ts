import { parentPort, workerData } from 'node:worker_threads'
import { isEngineError } from '../../errors/index.ts'
import { DomainIndex, type BlobPlaces } from './domain-index.ts'

/** Main → worker, carried out in the order they come. Ids are eight words each; their memory is transferred. */
export type IndexOrder =
  | { readonly kind: 'add'; readonly domain: number; readonly pack: number; readonly ids: Uint32Array<ArrayBuffer> }
  | {
      readonly kind: 'find'
      readonly domain: number
      readonly question: number
      readonly ids: Uint32Array<ArrayBuffer>
      readonly mostPlaces: number
    }
/** Worker → main. Whatever goes wrong beside writing ends the thread: an index that is damaged is of no use to anybody. */
export type IndexReport =
  | { readonly kind: 'added'; readonly bytes: number }
  | { readonly kind: 'found'; readonly question: number; readonly places: BlobPlaces }
  /** Nothing is lost by it. Told once an hour. */
  | { readonly kind: 'unwritable'; readonly message: string }

const port = parentPort
if (port !== null) {
  const { folder } = workerData as { readonly folder: string }
  const domains = new Map<number, DomainIndex>()
  const report = (message: IndexReport, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer)
  let isTidying = false
  let tellAgainAt = 0

  const domainOf = (domain: number): DomainIndex => {
    let index = domains.get(domain)
    if (index === undefined) domains.set(domain, (index = new DomainIndex({ folder })))
    return index
  }
  /** Between two pieces of it, what was asked meanwhile gets its answer. */
  const tidy = (): void => {
    isTidying = false
    for (const index of domains.values()) if (withoutDisk(() => index.tidy()) > 0) tidySoon()
  }
  const tidySoon = (): void => {
    if (isTidying) return
    isTidying = true
    setImmediate(tidy)
  }
  /** What cannot be written stays in memory, or in more files than need be. */
  const withoutDisk = (write: () => number): number => {
    try {
      return write()
    } catch (error) {
      if (!isEngineError(error, 'store.io-error')) throw error
      if (performance.now() >= tellAgainAt)
        report({ kind: 'unwritable', message: error.cause instanceof Error ? error.cause.message : error.message })
      tellAgainAt = performance.now() + 3_600_000
      return 0
    }
  }
  port.on('message', (order: IndexOrder) => {
    const index = domainOf(order.domain)
    if (order.kind === 'add') {
      const bytes = order.ids.byteLength
      withoutDisk(() => (index.add(order.pack, order.ids), 0))
      report({ kind: 'added', bytes })
      tidySoon()
      return
    }
    const places = index.find(order.ids, order.mostPlaces)
    report({ kind: 'found', question: order.question, places }, [places.starts.buffer, places.places.buffer])
  })
}
