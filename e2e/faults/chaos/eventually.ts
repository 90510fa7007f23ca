import { setTimeout as sleep } from 'node:timers/promises'

/** A look at what is awaited: undefined = not yet. A look that fails is one that saw nothing. */
type Look<T> = () => Promise<T | undefined>

const lookEveryMs = 50

/**
 * Looks again and again until there is something to see.
 *
 * @throws Error that says what was awaited, for how long, and what the last look failed with
 */
export async function eventually<T>(what: string, withinMs: number, look: Look<T>): Promise<T> {
  const deadline = performance.now() + withinMs
  let problem = 'not so yet'
  for (;;) {
    try {
      const seen = await look()
      if (seen !== undefined) return seen
      problem = 'not so yet'
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error)
    }
    if (performance.now() > deadline) throw new Error(`${what}: not within ${withinMs} ms (${problem})`)
    await sleep(lookEveryMs)
  }
}
