import { subscribe } from 'node:diagnostics_channel'
import { readFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'

/*
 * Loaded into a program before anything else (`--import`), in each of its threads: its wall clock is as far off as a file says. The clock
 * that only measures goes on as it was, as it does where somebody sets a computer's clock. (libfaketime would need no help, but lets
 * threads of Node hang when the clock jumps.)
 */

const file = process.env['HOLDFAST_TEST_CLOCK'] ?? ''
const lookEveryMs = 100
const RealDate = Date
let offsetMs = 0

function look(): void {
  try {
    offsetMs = Number(readFileSync(file, 'utf8')) || 0
  } catch {
    // It is being written: the next look sees it.
  }
}

class MovedDate extends RealDate {
  constructor(...parts: readonly unknown[]) {
    if (parts.length === 0) super(RealDate.now() + offsetMs)
    else super(...(parts as [number]))
  }
  static override now(): number {
    return RealDate.now() + offsetMs
  }
}

look()
setInterval(look, lookEveryMs).unref()
// Everything that Date can be asked stays what it was; called without `new` it is a text.
globalThis.Date = new Proxy(MovedDate, { apply: () => new MovedDate().toString() }) as unknown as DateConstructor
// Node writes this header by a clock of its own.
subscribe('http.server.request.start', (message) => {
  const { response } = message as { readonly response: ServerResponse }
  response.setHeader('date', new Date().toUTCString())
})
