import { readFileSync } from 'node:fs'
import { fromBase64Url } from '../../src/bytes/index.ts'
import type { CodecGoldens } from '../../test/browser/testing/rewrite-codecs.ts'
import type { StoredObjects } from '../../test/browser/testing/stored-objects.ts'

/** codecs.json: codecs by themselves, and objects of a vault that were made from the values of `golden-values.ts`. */
export function readCodecGoldens(): { readonly codecs: CodecGoldens; readonly sealedKeys: Uint8Array; readonly objects: StoredObjects } {
  const { sealedKeys, objects, ...codecs } = JSON.parse(readFileSync(new URL('codecs.json', import.meta.url), 'utf8')) as CodecGoldens & {
    readonly sealedKeys: string
    readonly objects: Readonly<Record<string, string>>
  }
  return { codecs, sealedKeys: fromBase64Url(sealedKeys), objects: fromText(objects) }
}

/** Objects as goldens hold them. */
export const fromText = (objects: Readonly<Record<string, string>>): StoredObjects =>
  Object.fromEntries(Object.entries(objects).map(([key, text]) => [key, fromBase64Url(text)]))
