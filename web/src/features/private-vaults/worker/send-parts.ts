import { ApiError } from '../../../platform/errors/api-error.ts'
import type { FromConsumer, FromProducer } from '../download/port-messages.ts'

/** Less is gathered: a message costs more than the bytes in it. */
const messageBytes = 256 * 1024
/** So long a part waits for who takes it: a download that was paused, or whose taker died without a word, must not hold keys for ever. */
export const patienceMs = 5 * 60_000
/** Half of what browsers give a service worker that nobody speaks to. */
const tellEveryMs = 10_000

/**
 * Sends bytes through a port, each message when it is asked for: however slow who takes them is, no more than one message waits.
 *
 * @param tell called with the bytes sent so far, and now and then with the same again: a worker's timers run in hidden tabs too, where a page's
 *   are throttled; `signal` ends it as an abort of the other side does
 * @returns bytes sent
 * @throws what reading `parts` throws, once the other side has been told that no end will come; an abort when the other side wants no more;
 *   ApiError `download.abandoned` when it died, or asked for nothing any more
 */
export async function sendParts(
  port: MessagePort,
  parts: AsyncGenerator<Uint8Array>,
  { signal, tell }: { readonly signal: AbortSignal; readonly tell: (bytes: number) => void },
): Promise<number> {
  const asked = askedOf(port, signal)
  let sent = 0
  const telling = setInterval(() => tell(sent), tellEveryMs)
  try {
    for await (const message of gathered(parts)) {
      await asked.next()
      sent += message.length
      post(port, { kind: 'part', bytes: message }, [message.buffer])
      tell(sent)
    }
    await asked.next()
    post(port, { kind: 'end' })
    return sent
  } catch (error) {
    post(port, { kind: 'failed' })
    throw error
  } finally {
    clearInterval(telling)
    asked.stop()
  }
}

const post = (port: MessagePort, message: FromProducer, transfer: Transferable[] = []): void => port.postMessage(message, transfer)

const ended = (): DOMException => new DOMException('The download was ended.', 'AbortError')
const abandoned = (): ApiError => new ApiError({ code: 'download.abandoned' })

/** What the other side has asked for and not got yet. */
function askedOf(port: MessagePort, signal: AbortSignal) {
  const state: { credit: number; end: Error | null } = { credit: 0, end: null }
  let wake: () => void = () => undefined
  const endWith = (why: Error): void => {
    state.end ??= why
    wake()
  }
  const abort = (): void => endWith(ended())
  // Of a service worker that was ended, where the browser tells.
  const die = (): void => endWith(abandoned())
  const take = ({ data }: MessageEvent<FromConsumer>): void => {
    if (data.kind === 'cancel') return abort()
    if (data.kind === 'gone') return die()
    state.credit += 1
    wake()
  }
  port.addEventListener('message', take)
  port.addEventListener('close', die)
  port.start()
  signal.addEventListener('abort', abort)
  if (signal.aborted) abort()
  return {
    /** @throws an abort when the other side wants no more; ApiError `download.abandoned` */
    async next(): Promise<void> {
      const timer = setTimeout(die, patienceMs)
      try {
        while (state.credit === 0 && state.end === null) await new Promise<void>((resolve) => (wake = resolve))
      } finally {
        clearTimeout(timer)
      }
      if (state.end !== null) throw state.end
      state.credit -= 1
    },
    stop(): void {
      signal.removeEventListener('abort', abort)
      port.removeEventListener('message', take)
      port.removeEventListener('close', die)
    },
  }
}

/** Copies: what is sent leaves this room with its memory, and parts may lie in pieces that others still read. */
async function* gathered(parts: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let held = new Uint8Array(messageBytes)
  let at = 0
  for await (const part of parts) {
    for (let from = 0; from < part.length;) {
      const piece = part.subarray(from, from + messageBytes - at)
      held.set(piece, at)
      at += piece.length
      from += piece.length
      if (at < messageBytes) continue
      yield held
      held = new Uint8Array(messageBytes)
      at = 0
    }
  }
  if (at > 0) yield held.slice(0, at)
}
