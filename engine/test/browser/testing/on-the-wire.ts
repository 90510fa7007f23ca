import { fromBase64Url, toBase64Url } from '../../../src/bytes/index.ts'

/** Values with byte strings in them, as JSON: between a test and its browser. */
export const toWire = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) => {
    if (inner instanceof Uint8Array) return { $bytes: toBase64Url(inner) }
    // What Buffer makes of itself before anybody else is asked.
    if (isBufferJson(inner)) return { $bytes: toBase64Url(Uint8Array.from(inner.data)) }
    return inner
  })

export const fromWire = (text: string): unknown =>
  JSON.parse(text, (_, inner: unknown) => (isWireBytes(inner) ? fromBase64Url(inner.$bytes) : inner))

const isBufferJson = (value: unknown): value is { readonly data: readonly number[] } =>
  typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer' && 'data' in value && Array.isArray(value.data)

const isWireBytes = (value: unknown): value is { readonly $bytes: string } =>
  typeof value === 'object' && value !== null && '$bytes' in value && typeof value.$bytes === 'string'
