import { parentPort, workerData } from 'node:worker_threads'
import { isEngineError } from '../../errors/index.ts'
import { DomainIndex, type BlobPlaces } from './domain-index.ts'

/** Main → worker, carried out in the order they come. Ids are eight words each; their memory is transferred. */
export type IndexOrder =
  | { readonly kind: 'add'; readonly domain: number; readonly pack: number; readonly ids: Uint32Array<ArrayBuffer> }
  | { readonly kind: 'find'; readonly domain: number; readonly job: number; readonly ids: Uint32Array<ArrayBuffer> }
/** Worker → main. Whatever goes wrong beside writing ends the thread: an index that is damaged is of no use to anybody. */
export type IndexReport =
  | { readonly kind: 'added'; readonly bytes: number }
  | { readonly kind: 'found'; readonly job: number; readonly places: BlobPlaces }
  /** Nothing is lost by it. */
  | { readonly kind: 'unwritable'; readonly message: string }

const port = parentPort
if (port !== null) {
  const { folder } = workerData as { readonly folder: string }
  const domains = new Map<number, DomainIndex>()
  const report = (message: IndexReport, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer)
  let isTidying = false

  const domainOf = (domain: number): DomainIndex => {
    let index = domains.get(domain)
    if (index === undefined) domains.set(domain, (index = new DomainIndex({ folder })))
    return index
  }
  /** Between two pieces of it, what was asked meanwhile gets its answer. */
  const tidy = (): void => {
    isTidying = false
    for (const index of domains.values()) if (withoutDisk(() => index.tidy())) tidySoon()
  }
  const tidySoon = (): void => {
    if (isTidying) return
    isTidying = true
    setImmediate(tidy)
  }
  /** What cannot be written stays in memory, or in more runs than need be. */
  const withoutDisk = (write: () => boolean): boolean => {
    try {
      return write()
    } catch (error) {
      if (!isEngineError(error, 'store.io-error')) throw error
      report({ kind: 'unwritable', message: error.cause instanceof Error ? error.cause.message : error.message })
      return false
    }
  }
  port.on('message', (order: IndexOrder) => {
    const index = domainOf(order.domain)
    if (order.kind === 'add') {
      const bytes = order.ids.byteLength
      withoutDisk(() => (index.add(order.pack, order.ids), true))
      report({ kind: 'added', bytes })
      tidySoon()
      return
    }
    const places = index.find(order.ids)
    report({ kind: 'found', job: order.job, places }, [places.starts.buffer, places.places.buffer])
  })
}
