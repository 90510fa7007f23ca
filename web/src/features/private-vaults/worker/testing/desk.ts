import { problemOf } from '../room-problem.ts'

/** As of a call that nobody waits for impatiently. */
export const context = () => ({ signal: new AbortController().signal, tellProgress: () => undefined })

export function sure<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('It is not there.')
  return value
}

/** What the page is told. */
export const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'nothing went wrong',
    (error: unknown) => problemOf(error).code,
  )
