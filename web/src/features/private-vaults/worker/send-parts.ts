import type { FromConsumer, FromProducer } from '../download/port-messages.ts'

/** Less is gathered: a message costs more than the bytes in it. */
const messageBytes = 256 * 1024

/**
 * Sends bytes through a port, each message when it is asked for: however slow who takes them is, no more than one message waits.
 *
 * @param tell called with the bytes sent so far; `signal` ends it as an abort of the other side does
 * @returns bytes sent
 * @throws what reading `parts` throws, once the other side has been told that no end will come; an abort when the other side wants no more
 */
export async function sendParts(
  port: MessagePort,
  parts: AsyncGenerator<Uint8Array>,
  { signal, tell }: { readonly signal: AbortSignal; readonly tell: (bytes: number) => void },
): Promise<number> {
  const asked = askedOf(port, signal)
  let sent = 0
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
    asked.stop()
  }
}

const post = (port: MessagePort, message: FromProducer, transfer: Transferable[] = []): void => port.postMessage(message, transfer)

/** What the other side has asked for and not got yet. */
function askedOf(port: MessagePort, signal: AbortSignal) {
  const state = { credit: 0, isEnded: false }
  let wake: () => void = () => undefined
  const end = (): void => {
    state.isEnded = true
    wake()
  }
  const take = ({ data }: MessageEvent<FromConsumer>): void => {
    if (data.kind === 'cancel') return end()
    state.credit += 1
    wake()
  }
  port.addEventListener('message', take)
  port.start()
  signal.addEventListener('abort', end)
  return {
    /** @throws an abort when the other side wants no more */
    async next(): Promise<void> {
      while (state.credit === 0 && !state.isEnded) await new Promise<void>((resolve) => (wake = resolve))
      if (state.isEnded || signal.aborted) throw new DOMException('The download was ended.', 'AbortError')
      state.credit -= 1
    },
    stop(): void {
      signal.removeEventListener('abort', end)
      port.removeEventListener('message', take)
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
