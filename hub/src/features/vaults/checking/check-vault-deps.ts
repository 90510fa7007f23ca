import { EngineError } from '@holdfast/engine/errors'
import type { Database } from '../../../platform/database/database.ts'
import type { Logger } from '../../../platform/logging/logger.ts'
import type { PacksInDoubt } from '../uploads/packs-in-doubt.ts'

export interface CheckVaultDeps {
  readonly database: Database
  readonly log: Logger
  readonly packsInDoubt: Pick<PacksInDoubt, 'settle' | 'ofVault'>
}

/** @throws EngineError `cancelled`, as the engine's own check does */
export function requireGoingOn(signal: AbortSignal): void {
  if (signal.aborted) throw new EngineError('cancelled', 'The check was stopped.')
}

/** Waits for work that cannot be told to stop, but not when the check was. @throws EngineError `cancelled` */
export async function whileGoingOn(work: Promise<void>, signal: AbortSignal): Promise<void> {
  requireGoingOn(signal)
  const { promise: stopped, resolve: stop } = Promise.withResolvers<void>()
  const onAbort = (): void => stop()
  signal.addEventListener('abort', onAbort)
  await Promise.race([work, stopped]).finally(() => signal.removeEventListener('abort', onAbort))
  requireGoingOn(signal)
}
