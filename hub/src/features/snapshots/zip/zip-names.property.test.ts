import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nameKeyOf } from './zip-source.ts'
import { zipNameOf } from './zip-names.ts'

/** Bytes that mean something to some program, so that names often clash. */
const byte = fc.constantFrom(...Buffer.from('aC:.%5c\\\n\u007f'), 0xc2, 0x85, 0xc3, 0xa4, 0xff, 0xed, 0xa0, 0x80)
const rawName = fc
  .array(byte, { minLength: 1, maxLength: 5 })
  .map((bytes) => Buffer.from(bytes))
  .filter((name) => !['.', '..'].includes(name.toString()))
const names = fc.uniqueArray(rawName, { selector: nameKeyOf, maxLength: 40 })

async function zipNamesOf(folder: readonly Uint8Array[], isAtTop: boolean): Promise<string[]> {
  const keys = new Set(folder.map(nameKeyOf))
  return Promise.all(folder.map((name) => zipNameOf(name, isAtTop, async (other) => keys.has(nameKeyOf(other)))))
}

describe('names in a zip', () => {
  test('never fall together, never lead elsewhere, and are kept where nothing is wrong with them', async () => {
    await fc.assert(
      fc.asyncProperty(names, fc.boolean(), async (folder, isAtTop) => {
        // With every name that the rule makes up there too, its clashes are certain.
        const first = await zipNamesOf(folder, isAtTop)
        const all = [...new Map([...folder, ...first.map((name) => Buffer.from(name))].map((name) => [nameKeyOf(name), name])).values()]
        const zipped = await zipNamesOf(all, isAtTop)
        expect(new Set(zipped).size).toBe(all.length)
        for (const [index, name] of zipped.entries()) {
          expect(name).not.toMatch(/^\.{1,2}$|[\p{Cc}\\/]/u)
          expect(name.isWellFormed()).toBe(true)
          if (isAtTop) expect(name).not.toMatch(/^[a-z]:/i)
          const raw = Buffer.from(all[index] ?? [])
          if (/^[\w.\u00e4%]+$/.test(raw.toString()) && raw.toString() !== '.' && raw.toString() !== '..') expect(name).toBe(raw.toString())
        }
      }),
      { numRuns: 300 },
    )
  })

  test.each([
    ['ordinary ä 100%.txt', 'ordinary ä 100%.txt'],
    ['a:b', 'a%3Ab'],
    ['C:', 'C'],
    ['..\\evil', '..%5Cevil'],
    ['two\nlines 5%', 'two%0Alines 5%25'],
  ])('%j at the top is %j', async (name, expected) => {
    expect(await zipNamesOf([Buffer.from(name)], true)).toEqual([expected])
  })
})
