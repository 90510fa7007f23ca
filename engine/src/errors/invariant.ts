import { EngineError } from './engine-error.ts'

/**
 * Guards what cannot happen unless the engine itself has a bug.
 *
 * @param why completes the sentence "this holds because …" or names the rule that was broken.
 * @throws EngineError `invariant.broken`
 */
export function invariant(condition: unknown, why: string): asserts condition {
  if (!condition) throw new EngineError('invariant.broken', `A rule inside the engine was broken: ${why}. This is a bug; please report it.`)
}

/** Ends a `switch` over a closed union: a forgotten case does not compile. */
export function assertNever(value: never, what: string): never {
  throw new EngineError('invariant.broken', `Unexpected ${what}: ${String(value)}. This is a bug; please report it.`)
}
