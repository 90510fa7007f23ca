import type { FromConsumer, FromProducer } from './port-messages.ts'

/** What comes through a port as a stream that is read no faster than it is taken. */
export function portStream(port: MessagePort): ReadableStream<Uint8Array<ArrayBuffer>> {
  const post = (message: FromConsumer): void => port.postMessage(message)
  let take: (message: FromProducer) => void = () => undefined
  port.addEventListener('message', ({ data }: MessageEvent<FromProducer>) => take(data))
  port.start()
  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      pull(controller) {
        return new Promise((resolve) => {
          take = (message) => {
            if (message.kind === 'part') controller.enqueue(message.bytes)
            else if (message.kind === 'end') controller.close()
            else controller.error(new Error('The download broke off.'))
            if (message.kind !== 'part') port.close()
            resolve()
          }
          post({ kind: 'next' })
        })
      },
      cancel() {
        post({ kind: 'cancel' })
        port.close()
      },
    },
    { highWaterMark: 1 },
  )
}
