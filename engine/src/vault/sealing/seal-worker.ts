import { parentPort, workerData } from 'node:worker_threads'
import { isEngineError, type EngineErrorCode } from '../../errors/index.ts'
import type { DomainKeys } from '../../reader/primitives.ts'
import type { Compression } from '../compression/compress.ts'
import type { Bundle, Pack } from '../pack/pack-builder.ts'
import { InlineSealer } from './inline-sealer.ts'
import type { ContentRun, SealedPlace } from './sealer.ts'

/** What a worker is started with. */
export interface SealSettings {
  readonly keys: DomainKeys
  readonly compression: Compression
}
/** Main → worker. Buffers that are not shared are transferred. */
export type SealOrder = { readonly job: number } & (
  | { readonly identify: ContentRun }
  | { readonly seal: readonly Bundle[] }
  | { readonly flush: true }
)
/** Worker → main. */
export type SealReport =
  | { readonly job: number; readonly done: Uint8Array | readonly SealedPlace[] | null }
  | { readonly pack: Pack }
  /** An error itself would lose its code on the way. */
  | { readonly failed: EngineErrorCode; readonly message: string }

const port = parentPort
if (port !== null) {
  const report = (message: SealReport, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer)
  const { keys, compression } = workerData as SealSettings
  const sealer = new InlineSealer(keys, (pack) => report({ pack }, [pack.bytes.buffer as ArrayBuffer]), { compression })
  const carryOut = async (order: SealOrder): Promise<void> => {
    try {
      if ('identify' in order) {
        const ids = await sealer.identify(order.identify)
        report({ job: order.job, done: ids }, [ids.buffer as ArrayBuffer])
      } else if ('seal' in order) report({ job: order.job, done: await sealer.seal(order.seal) })
      else {
        await sealer.flush()
        report({ job: order.job, done: null })
      }
    } catch (error) {
      if (isEngineError(error)) report({ failed: error.code, message: error.message })
      else report({ failed: 'invariant.broken', message: `A sealing thread failed: ${String(error)}` })
    }
  }
  port.on('message', (order: SealOrder) => void carryOut(order))
}
