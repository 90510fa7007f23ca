import fc, { type Arbitrary } from 'fast-check'
import type { RouteContract } from '@holdfast/shared-types'
import { arbitraryOf, mutantsOf, strangers, type KnownValues } from '../../../scripts/testing/schema-arbitraries.ts'

/** One request as it goes over the wire. */
export interface Guest {
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer | null
  /** Says that more comes, and hangs up. */
  readonly isCut: boolean
}

interface Body {
  readonly bytes: Buffer | null
  readonly type: string | null
  readonly isCut?: boolean
}

/** Requests of a call: some that fit its contract, most that do not quite. */
export function guestsOf(contract: RouteContract, known: KnownValues): Arbitrary<Guest> {
  return fc
    .record({ params: paramsOf(contract, known), query: queryOf(contract, known), body: bodyOf(contract, known), lies: fc.nat(9) })
    .map(({ params, query, body, lies }) => ({
      path: pathOf(contract.path, params) + impatient(query),
      headers: body.type === null ? {} : { 'content-type': body.type, ...(lies === 0 ? { 'content-encoding': 'gzip' } : {}) },
      body: body.bytes,
      isCut: body.isCut === true,
    }))
}

/** Whom the hub would let wait as long as they like waits for a second at most: there are hundreds of them. */
const impatient = (query: string): string =>
  query.replace(/(?<=waitSeconds=)\d+(?=&|$)/, (seconds) => (Number(seconds) > 50 ? seconds : String(Number(seconds) % 2)))

const rawSegments = ['%00', '%', '%zz', '%ED%A0%80', '..%2f..%2fetc%2fpasswd', '%F0%9F%92%A9', 'null', '0', 'x'.repeat(9_000), '%20', '~']

function paramsOf({ params }: RouteContract, known: KnownValues): Arbitrary<Readonly<Record<string, string>>> {
  if (params === undefined) return fc.constant({})
  const names = Object.entries(params._zod.def.shape)
  const segments = names.map(([name, schema]) => [
    name,
    fc.oneof(
      { weight: 5, arbitrary: arbitraryOf(schema, known).map((value) => percentEncoded(String(value))) },
      { weight: 1, arbitrary: fc.constantFrom(...rawSegments) },
    ),
  ])
  return fc.record(Object.fromEntries(segments) as Record<string, Arbitrary<string>>)
}

const pathOf = (path: string, params: Readonly<Record<string, string>>): string =>
  path.replaceAll(/\{(\w+)\}/g, (_, name: string) => params[name] ?? '')

/** Also what `encodeURIComponent` refuses: halves of surrogate pairs, as a sloppy client would send them. */
const percentEncoded = (text: string): string =>
  text.isWellFormed() ? encodeURIComponent(text) : `${encodeURIComponent(text.toWellFormed())}%ED%A0%80`

const oddQueries = [
  '?',
  '?&&&',
  '?=',
  '?a=1&a=2',
  '?limit=NaN',
  '?limit=1e3',
  '?limit=-0',
  '?after=9007199254740991',
  '?after=99999999999999999999',
  '?%00=%00',
  '?limit[]=1',
  '?__proto__=1',
  '?path=%FF',
]

function queryOf({ query }: RouteContract, known: KnownValues): Arbitrary<string> {
  const odd = fc.constantFrom('', ...oddQueries)
  if (query === undefined) return odd
  const fitting = arbitraryOf(query, known).map((value) => queryText(Object.entries(value as object)))
  const mutant = mutantsOf(arbitraryOf(query, known)).map((value) => queryText(Object.entries(Object(value) as object)))
  const doubled = fitting.map((text) => (text === '' ? text : `${text}&${text.slice(1)}`))
  return fc.oneof(
    { weight: 4, arbitrary: fitting },
    { weight: 3, arbitrary: mutant },
    { weight: 1, arbitrary: doubled },
    { weight: 1, arbitrary: odd },
  )
}

function queryText(entries: readonly (readonly [string, unknown])[]): string {
  // As a header must not be longer than 16 KiB, neither is this.
  const parts = entries
    .slice(0, 20)
    .map(([name, value]) => `${percentEncoded(name.slice(0, 200))}=${percentEncoded(textOf(value).slice(0, 600))}`)
  return parts.length === 0 ? '' : `?${parts.join('&')}`
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''))

const jsonType = 'application/json'
const oddBodies: readonly Body[] = [
  { bytes: null, type: null },
  { bytes: Buffer.alloc(0), type: jsonType },
  { bytes: Buffer.from('{'), type: jsonType },
  { bytes: Buffer.from('null'), type: jsonType },
  { bytes: Buffer.from('\ufeff{}'), type: jsonType },
  { bytes: Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]), type: jsonType },
  { bytes: Buffer.from('{"kind":"backup","kind":"verify","kind":null}'), type: jsonType },
  { bytes: Buffer.from('{"a":1e999,"b":-0}'), type: jsonType },
  { bytes: Buffer.from('['.repeat(100_000)), type: jsonType },
  { bytes: Buffer.from(`${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`), type: jsonType },
  { bytes: Buffer.from(`"${'x'.repeat(1_100_000)}"`), type: jsonType },
  { bytes: Buffer.from('{}'), type: 'text/plain' },
  { bytes: Buffer.from('a=1&b=2'), type: 'application/x-www-form-urlencoded' },
  { bytes: Buffer.from('{}'), type: 'application/json; charset=utf-16' },
  { bytes: Buffer.from('{}'), type: 'application/json; charset=klingon' },
  { bytes: Buffer.from('{"to":1}'), type: jsonType, isCut: true },
]

function bodyOf({ body }: RouteContract, known: KnownValues): Arbitrary<Body> {
  const odd = fc.constantFrom(...oddBodies)
  if (body === undefined)
    return fc.oneof({ weight: 3, arbitrary: fc.constant<Body>({ bytes: null, type: null }) }, { weight: 1, arbitrary: odd })
  if (body === 'bytes') return bytesOf(odd)
  const json = (values: Arbitrary<unknown>): Arbitrary<Body> =>
    values.map((value) => ({ bytes: Buffer.from(jsonOf(value)), type: jsonType }))
  const fitting = arbitraryOf(body, known)
  return fc.oneof(
    { weight: 4, arbitrary: json(fitting) },
    { weight: 5, arbitrary: json(mutantsOf(fitting)) },
    { weight: 1, arbitrary: json(fc.constantFrom(...strangers)) },
    { weight: 2, arbitrary: odd },
  )
}

const jsonOf = (value: unknown): string =>
  JSON.stringify(value, (_, held: unknown) => (typeof held === 'bigint' ? String(held) : held)) ?? 'null'

/** Packs, snapshots and lists of ids: none of these is one, though their lengths may be. */
function bytesOf(odd: Arbitrary<Body>): Arbitrary<Body> {
  const lengths = fc.constantFrom(0, 1, 24, 32, 48, 64, 24 * 256, 24 * 257, 32 * 4096, 32 * 4097, 200_000)
  const made = fc.record({ length: lengths, fill: fc.nat(255), isCut: fc.nat(9) }).map(({ length, fill, isCut }): Body => ({
    bytes: Buffer.alloc(length, fill),
    type: 'application/octet-stream',
    ...(isCut === 0 ? { isCut: true } : {}),
  }))
  return fc.oneof({ weight: 5, arbitrary: made }, { weight: 1, arbitrary: odd })
}
