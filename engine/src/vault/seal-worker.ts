import { parentPort, workerData } from 'node:worker_threads'
import type { DomainKeys } from '../reader/primitives.ts'
import type { Bundle, Pack } from './pack/pack-builder.ts'
import { InlineSealer } from './sealer.ts'

/** Main → worker. Buffers inside a bundle are transferred. */
export type SealOrder = { readonly seal: Bundle; readonly job: number } | { readonly flush: true; readonly job: number }
/** Worker → main. */
export type SealReport =
  | { readonly done: number; readonly packId: Uint8Array; readonly ordinal: number }
  | { readonly flushed: number }
  | { readonly pack: Pack }
  | { readonly failed: number; readonly error: unknown }

const port = parentPort
if (port !== null) {
  const report = (message: SealReport, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer)
  const sealer = new InlineSealer(workerData as DomainKeys, (pack) => report({ pack }, [pack.bytes.buffer as ArrayBuffer]))
  const carryOut = async (order: SealOrder): Promise<void> => {
    try {
      if ('flush' in order) {
        await sealer.flush()
        report({ flushed: order.job })
      } else {
        const place = await sealer.seal(order.seal)
        report({ done: order.job, packId: place.packId, ordinal: place.ordinal })
      }
    } catch (error) {
      report({ failed: order.job, error })
    }
  }
  port.on('message', (order: SealOrder) => void carryOut(order))
}
