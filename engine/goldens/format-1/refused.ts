import { readFileSync } from 'node:fs'
import { fromHex } from '../../src/bytes/index.ts'
import type { Given, ReaderName } from '../../test/browser/testing/outcomes-of-readers.ts'

/** Bytes that a reader refuses, and how; or, beside them, what they were made from, which is `accepted`. */
export interface RefusedGolden {
  readonly reader: ReaderName
  readonly what: string
  /** Hex. */
  readonly parts: readonly string[]
  /** Code of the refusal. */
  readonly outcome: string
}

export const refusedFile = new URL('refused.json', import.meta.url)

export const readRefusedGoldens = (): RefusedGolden[] => JSON.parse(readFileSync(refusedFile, 'utf8')) as RefusedGolden[]

export const givenOf = (goldens: readonly RefusedGolden[]): Given[] =>
  goldens.map(({ reader, parts }) => ({ reader, parts: parts.map(fromHex) }))
