import fc, { type Arbitrary } from 'fast-check'
import type { $ZodCheck, $ZodChecks, $ZodType, $ZodTypes } from 'zod/v4/core'

/*
 * Values that fit a schema of zod, for tests that send everything a contract allows, and mutants of them for what it does not.
 * Refinements and transformations are not known here: a value that only those refuse is as good a guest as any.
 */

/** Real values of schemas that only a running system knows, such as ids; taken about every other time. */
export type KnownValues = ReadonlyMap<unknown, readonly unknown[]>

const someText = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: 'grapheme', maxLength: 40 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('/', '/home/ada', 'C:\\Users', 'latest', '..', 'a\u0000b', '\ud800', '\u202Egnp', 'x'.repeat(3_000)),
  },
)
const depthLimit = 6

export function arbitraryOf(schema: $ZodType, known: KnownValues = new Map(), depth = 0): Arbitrary<unknown> {
  const real = known.get(schema)
  const made = madeBySchema(schema as $ZodTypes, (inner) => arbitraryOf(inner, known, depth + 1), depth)
  return real === undefined || real.length === 0
    ? made
    : fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...real) }, { weight: 1, arbitrary: made })
}

type Walk = (schema: $ZodType) => Arbitrary<unknown>

function madeBySchema(schema: $ZodTypes, walk: Walk, depth: number): Arbitrary<unknown> {
  const { def } = schema._zod
  switch (def.type) {
    case 'object':
      return objectOf(def.shape, walk)
    case 'array':
      return arrayOf(schema, walk(def.element), depth)
    case 'union':
      return fc.oneof(...def.options.map((option) => walk(option)))
    case 'record':
      return fc.dictionary(walk(def.keyType) as Arbitrary<string>, walk(def.valueType), { maxKeys: 4 })
    case 'tuple':
      return fc.tuple(...def.items.map((item) => walk(item)))
    case 'lazy':
      return depth > depthLimit ? fc.constant(null) : walk(def.getter())
    case 'template_literal':
      return fc.tuple(...def.parts.map((part) => (isSchema(part) ? walk(part) : fc.constant(part)))).map((parts) => parts.join(''))
    default:
      return madeByWrapper(schema, walk)
  }
}

/** Schemas around another one. */
function madeByWrapper(schema: $ZodTypes, walk: Walk): Arbitrary<unknown> {
  const { def } = schema._zod
  switch (def.type) {
    case 'optional':
    case 'default':
    case 'prefault':
      return fc.option(walk(def.innerType), { nil: undefined })
    case 'nullable':
      return fc.option(walk(def.innerType), { nil: null })
    case 'readonly':
    case 'catch':
    case 'nonoptional':
      return walk(def.innerType)
    case 'pipe':
      return walk(def.in)
    default:
      return madeOfOne(schema)
  }
}

/** Schemas of one value. */
function madeOfOne(schema: $ZodTypes): Arbitrary<unknown> {
  const { def } = schema._zod
  switch (def.type) {
    case 'string':
      return textOf(schema)
    case 'number':
      return numberOf(schema)
    case 'boolean':
      return fc.boolean()
    case 'null':
      return fc.constant(null)
    case 'literal':
      return fc.constantFrom(...def.values)
    case 'enum':
      return fc.constantFrom(...Object.values(def.entries))
    case 'custom':
      // The only ones of the contract are bytes.
      return fc.uint8Array({ maxLength: 200 })
    default:
      return fc.jsonValue({ maxDepth: 2 })
  }
}

const isSchema = (part: unknown): part is $ZodType => typeof part === 'object' && part !== null && '_zod' in part

function objectOf(shape: Readonly<Record<string, $ZodType>>, walk: Walk): Arbitrary<unknown> {
  const members = Object.fromEntries(Object.entries(shape).map(([name, member]) => [name, walk(member)]))
  // What is undefined is left out, as JSON would.
  return fc.record(members).map((value) => Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)))
}

const checksOf = (schema: $ZodTypes): readonly $ZodChecks['_zod']['def'][] => {
  const own = 'check' in schema._zod.def ? [schema._zod.def as unknown as $ZodChecks['_zod']['def']] : []
  const added = (schema._zod.def.checks ?? []) as readonly $ZodCheck[]
  return [...own, ...added.map((check) => (check as $ZodChecks)._zod.def)]
}

function lengthsOf(schema: $ZodTypes, most: number): { readonly minLength: number; readonly maxLength: number } {
  let minLength = 0
  let maxLength = most
  for (const check of checksOf(schema)) {
    if (check.check === 'min_length') minLength = check.minimum
    if (check.check === 'max_length') maxLength = Math.min(maxLength, check.maximum)
    if (check.check === 'length_equals') minLength = maxLength = check.length
  }
  return { minLength, maxLength: Math.max(minLength, maxLength) }
}

function arrayOf(schema: $ZodTypes, element: Arbitrary<unknown>, depth: number): Arbitrary<unknown> {
  return fc.array(element, lengthsOf(schema, depth > 3 ? 2 : 5))
}

const base64Letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'.split('')

function textOf(schema: $ZodTypes): Arbitrary<unknown> {
  const lengths = lengthsOf(schema, 60)
  for (const check of checksOf(schema)) {
    if (check.check !== 'string_format') continue
    if (check.format === 'uuid') return fc.uuid()
    if (check.format === 'base64url') return fc.string({ unit: fc.constantFrom(...base64Letters), ...lengths })
    if (check.format === 'base64') return fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString('base64'))
    if (check.format === 'email') return fc.emailAddress()
    if (check.pattern !== undefined) return fc.stringMatching(check.pattern)
  }
  return someText.map((text) => text.slice(0, lengths.maxLength).padEnd(lengths.minLength, 'x'))
}

function numberOf(schema: $ZodTypes): Arbitrary<unknown> {
  let least = -Number.MAX_SAFE_INTEGER
  let most = Number.MAX_SAFE_INTEGER
  for (const check of checksOf(schema)) {
    if (check.check === 'greater_than') least = Math.max(least, Number(check.value) + (check.inclusive ? 0 : 1))
    if (check.check === 'less_than') most = Math.min(most, Number(check.value) - (check.inclusive ? 0 : 1))
  }
  const edges = [least, most, 0, 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 8.64e15, 8.64e15 + 1].filter((value) => value >= least && value <= most)
  return fc.oneof(fc.constantFrom(...edges), fc.integer({ min: Math.max(least, 0), max: Math.min(most, Math.max(least, 0) + 1000) }))
}

/** What no contract expects anywhere. */
export const strangers: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  -(2 ** 53),
  2 ** 63,
  1e308,
  '',
  ' ',
  '\u0000',
  '\ud800',
  '\udc00 and a half',
  'NaN',
  '-1',
  '1e400',
  '%00',
  '../../../etc/passwd',
  "'; drop table run; --",
  '👩‍👩‍👧‍👦'.repeat(50),
  'x'.repeat(70_000),
  [],
  {},
  [[[[[[[[[[]]]]]]]]]],
  { toString: 1, constructor: null },
  JSON.parse('{"__proto__": {"polluted": true}}'),
  Array.from({ length: 2_000 }, () => 0),
]

/** A value with one thing changed: replaced, gone, or one more. */
export function mutantsOf(values: Arbitrary<unknown>): Arbitrary<unknown> {
  return fc
    .tuple(values, fc.nat(), fc.constantFrom(...strangers), fc.constantFrom('replace', 'remove', 'add'))
    .map(([value, place, stranger, how]) => {
      const places = placesIn(value)
      const chosen = places[place % Math.max(1, places.length)]
      if (chosen === undefined) return stranger
      return changedAt(value, chosen, how === 'remove' ? undefined : stranger, how === 'add')
    })
}

type Place = readonly (string | number)[]

function placesIn(value: unknown, at: Place = []): Place[] {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return at.length === 0 ? [] : [at]
  const own = at.length === 0 ? [] : [at]
  return [...own, ...Object.entries(value).flatMap(([name, held]) => placesIn(held, [...at, Array.isArray(value) ? Number(name) : name]))]
}

function changedAt(value: unknown, [first, ...rest]: Place, stranger: unknown, isAddition: boolean): unknown {
  if (first === undefined) return isAddition && typeof value === 'object' && value !== null ? { ...value, stranger } : stranger
  if (Array.isArray(value))
    return value.map((item: unknown, index) => (index === first ? changedAt(item, rest, stranger, isAddition) : item))
  if (typeof value !== 'object' || value === null) return stranger
  const entries = Object.entries(value).map(
    ([name, held]) => [name, name === first ? changedAt(held, rest, stranger, isAddition) : held] as const,
  )
  return Object.fromEntries([
    ...entries.filter(([, held]) => held !== undefined),
    ...(isAddition && rest.length === 0 ? [['stranger', stranger] as const] : []),
  ])
}
