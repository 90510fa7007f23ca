import type { FromConsumer, FromProducer } from './port-messages.ts'

/** Who makes the download said that no more comes, or is gone. Why is not said here: only to who asked for it. */
export class BrokenOff extends Error {
  constructor() {
    super('The download broke off.')
    this.name = 'BrokenOff'
  }
}

/** What comes through a port as a stream that is read no faster than it is taken; it fails with `BrokenOff` where it does not come to its end. */
export function portStream(port: MessagePort): ReadableStream<Uint8Array<ArrayBuffer>> {
  const post = (message: FromConsumer): void => port.postMessage(message)
  let take: (message: FromProducer) => void = () => undefined
  let isGone = false
  port.addEventListener('message', ({ data }: MessageEvent<FromProducer>) => take(data))
  // Of a worker that was ended, as a lock does, where the browser tells: it says no last word.
  port.addEventListener('close', () => {
    isGone = true
    take({ kind: 'failed' })
  })
  port.start()
  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      pull(controller) {
        return new Promise((resolve) => {
          take = (message) => {
            if (message.kind === 'part') controller.enqueue(message.bytes)
            else if (message.kind === 'end') controller.close()
            else controller.error(new BrokenOff())
            if (message.kind !== 'part') port.close()
            resolve()
          }
          if (isGone) take({ kind: 'failed' })
          else post({ kind: 'next' })
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
