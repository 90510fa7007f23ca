import { closingLine, type Tally } from './tally.ts'

/** Aborted when somebody stops the tests: what runs is ended, and the result counts as failed. */
export function listenForStop(): AbortSignal {
  const stop = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => stop.abort())
  return stop.signal
}

/** Prints the closing line, as the very last one, and sets the exit code. */
export function finish(tally: Tally, signal: AbortSignal): void {
  const total = signal.aborted ? { ...tally, failed: tally.failed + 1 } : tally
  if (signal.aborted) console.log('Stopped before the end; counted as one failure.')
  process.exitCode = total.failed === 0 ? 0 : 1
  console.log(`\n${closingLine(total)}`)
}
