import type { EngineError, EngineErrorCode } from '../errors/index.ts'

/** What reports show; all are counted. */
const keptWarnings = 1000

/** One thing that did not go as it should. */
export interface ItemWarning {
  /** Raw absolute path. */
  readonly path: Uint8Array
  readonly code: EngineErrorCode
  readonly message: string
}

/** `abort` ends the whole run with that error. */
export type ItemErrorHandler = (path: Uint8Array, error: EngineError) => 'skip' | 'abort'

/** Tells of each problem once, keeps the first 1,000, and lets the caller end it all. */
export class ItemWarnings {
  readonly #onItemError: ItemErrorHandler
  readonly #kept: ItemWarning[] = []
  #count = 0

  constructor(onItemError: ItemErrorHandler) {
    this.#onItemError = onItemError
  }

  get kept(): readonly ItemWarning[] {
    return this.#kept
  }

  get count(): number {
    return this.#count
  }

  /** @throws the error itself when the caller wants to stop. */
  add(path: Uint8Array, error: EngineError): void {
    this.#count++
    if (this.#kept.length < keptWarnings) this.#kept.push({ path, code: error.code, message: error.message })
    if (this.#onItemError(path, error) === 'abort') throw error
  }
}
