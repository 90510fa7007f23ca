/*
 * Postgres keeps neither the zero character nor lone surrogates, and names of users' files may hold both (Windows names are not
 * always Unicode). Replaced, a text still says what it said; refused, a whole report would be lost.
 */
const zero = '\u0000'
const replacement = '\uFFFD'

export const storableText = (text: string): string => text.toWellFormed().replaceAll(zero, replacement)

/** The same for every text in a JSON value. */
export function storableJson<T>(value: T): T {
  if (typeof value === 'string') return storableText(value) as T
  if (Array.isArray(value)) return value.map((item: unknown) => storableJson(item)) as T
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [storableText(name), storableJson(item)])) as T
  }
  return value
}

/** The largest number that a column of type integer can have. */
export const mostInteger = 2 ** 31 - 1

/** A moment as an agent's clock told it, which may be any: Postgres and people know years of four digits. */
export const storableTime = (atMs: number): Date => new Date(Math.min(Math.max(atMs, 0), Date.UTC(9999, 11, 31)))
