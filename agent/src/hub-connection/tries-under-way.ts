import { AppError } from '@holdfast/shared-types'

/** What a call is told of its bytes, and by what it can be ended. */
interface Watched {
  readonly signal?: AbortSignal | undefined
  readonly onSent?: (bytes: number) => void
  readonly onReceived?: (bytes: number) => void
}

interface Try {
  movedAtMs: number
  readonly ending: AbortController
}

/** The tries of calls that have no answer yet, and when each of them last moved a byte. */
export class TriesUnderWay {
  readonly #tries = new Set<Try>()

  /** Carries out one try, which `endSilent` may end. @throws what the work throws; AppError `hub.unreachable` when it was ended */
  async during<W extends Watched, T>(call: W, work: (call: W) => Promise<T>): Promise<T> {
    const entry: Try = { movedAtMs: performance.now(), ending: new AbortController() }
    const moved = (): void => void (entry.movedAtMs = performance.now())
    const signal = call.signal === undefined ? entry.ending.signal : AbortSignal.any([call.signal, entry.ending.signal])
    this.#tries.add(entry)
    try {
      return await work({
        ...call,
        signal,
        onSent(bytes: number) {
          moved()
          call.onSent?.(bytes)
        },
        onReceived(bytes: number) {
          moved()
          call.onReceived?.(bytes)
        },
      })
    } finally {
      this.#tries.delete(entry)
    }
  }

  /** Ends each try of now that moves no byte for so long from now on. */
  endSilent(forMs: number): void {
    const doubted = [...this.#tries]
    const sinceMs = performance.now()
    setTimeout(() => {
      for (const entry of doubted) if (entry.movedAtMs <= sinceMs) end(entry)
    }, forMs).unref()
  }

  endAll(): void {
    for (const entry of this.#tries) end(entry)
  }
}

const end = ({ ending }: Try): void =>
  ending.abort(new AppError('hub.unreachable', { message: 'The connection to the hub was lost while a call was under way.' }))
