import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { componentsOf, joinComponents, wireTextOf } from './entry-path.ts'

const texts = (path: string, system: 'linux' | 'windows' = 'linux'): string[] =>
  componentsOf({ path }, system).map((component) => Buffer.from(component).toString())
/** Names as file systems allow them: no zero, no separator, not dots. */
const name = fc
  .uint8Array({ minLength: 1, maxLength: 20 })
  .filter((bytes) => !bytes.some((byte) => byte === 0 || byte === 0x2f || byte === 0x5c) && !bytes.every((byte) => byte === 0x2e))

describe('a path of a query', () => {
  test('falls into its components, whatever separators there are too many', () => {
    expect(texts('/home/ada')).toEqual(['home', 'ada'])
    expect(texts('//home///ada/')).toEqual(['home', 'ada'])
    expect(texts('home/ada')).toEqual(['home', 'ada'])
    expect(['', '/', '//'].map((path) => texts(path))).toEqual([[], [], []])
    expect(texts('/a\\b/c')).toEqual(['a\\b', 'c'])
    expect(texts('C:\\Users\\Ada', 'windows')).toEqual(['C:', 'Users', 'Ada'])
    expect(texts('C:/Users/Ada', 'windows')).toEqual(['C:', 'Users', 'Ada'])
  })

  test('is refused with dots in it', () => {
    for (const path of ['/a/../b', '/.', '..', '/a/./b']) expect(() => componentsOf({ path }, 'linux')).toThrow(/absolute/)
    expect(texts('/...')).toEqual(['...'])
    expect(texts('/.a')).toEqual(['.a'])
  })

  test('comes back from raw bytes as they were', () => {
    fc.assert(
      fc.property(fc.array(name, { maxLength: 6 }), fc.constantFrom('linux' as const, 'windows' as const), (components, system) => {
        const raw = joinComponents(components, system)
        const again = componentsOf({ pathBase64: Buffer.from(raw).toString('base64url') }, system)
        expect(again.map((bytes) => Buffer.from(bytes))).toEqual(components.map((bytes) => Buffer.from(bytes)))
      }),
    )
  })
})

describe('a path for people', () => {
  test('carries its raw bytes exactly when the text is not the whole truth', () => {
    expect(wireTextOf(Buffer.from('/Ärger'))).toEqual({ path: '/Ärger' })
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 30 }), (bytes) => {
        const { path, pathBase64 } = wireTextOf(bytes)
        const isWhole = Buffer.from(path).equals(Buffer.from(bytes))
        expect(pathBase64 === undefined).toBe(isWhole)
        if (pathBase64 !== undefined) expect(Buffer.from(pathBase64, 'base64').equals(Buffer.from(bytes))).toBe(true)
      }),
    )
  })

  test('reads as on its host', () => {
    const parts = ['C:', 'Users'].map((text) => Buffer.from(text))
    expect([Buffer.from(joinComponents(parts, 'windows')).toString(), Buffer.from(joinComponents(parts, 'linux')).toString()]).toEqual([
      'C:\\Users',
      '/C:/Users',
    ])
  })
})
