import { browserPrimitives } from '../../../src/browser/index.ts'
import { isEngineError } from '../../../src/errors/index.ts'
import { doings } from './in-both.ts'
import { fromWire, toWire } from './on-the-wire.ts'

/* The browser's side of the tests: does what it is asked, in a worker, as the console does. */

declare const self: {
  addEventListener(type: 'message', listener: (event: { readonly data: string }) => void): void
  postMessage(text: string): void
}

const known: Readonly<Record<string, (...given: never[]) => unknown>> = doings(browserPrimitives)

async function answer(text: string): Promise<unknown> {
  const { name, given } = fromWire(text) as { name: string; given: never[] }
  try {
    return { value: await known[name]!(...given) }
  } catch (error) {
    return isEngineError(error) ? { code: error.code, message: error.message } : { code: null, message: String(error) }
  }
}

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has one listener, its page
self.addEventListener('message', ({ data }) => void answer(data).then((reply) => self.postMessage(toWire(reply))))
