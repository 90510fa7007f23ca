import { toHex } from '../../../src/bytes/index.ts'

/** What JSON holds and a person reads. */
export type Plain = null | boolean | number | string | readonly Plain[] | { readonly [name: string]: Plain }

/** Bytes in hex, big numbers in digits; what is undefined is left out. */
export function plainOf(value: unknown): Plain {
  if (value instanceof Uint8Array) return toHex(value)
  if (typeof value === 'bigint') return String(value)
  if (Array.isArray(value)) return value.map(plainOf)
  if (typeof value !== 'object' || value === null) return value as Plain
  return Object.fromEntries(Object.entries(value).flatMap(([name, inner]) => (inner === undefined ? [] : [[name, plainOf(inner)]])))
}
