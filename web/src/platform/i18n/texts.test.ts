// @vitest-environment node
import { errorRegistry } from '@holdfast/shared-types'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { de } from '../../../locales/de/index.ts'
import { en } from '../../../locales/en/index.ts'
import { errorTextCodes } from '../errors/error-texts.ts'

type Tree = { readonly [key: string]: string | Tree }
const leaves = (tree: Tree, prefix = ''): [key: string, text: string][] =>
  Object.entries(tree).flatMap(([key, value]): [string, string][] =>
    typeof value === 'string' ? [[prefix + key, value]] : leaves(value, `${prefix}${key}.`),
  )
const english = new Map(leaves(en))
const german = new Map(leaves(de))
const placeholders = (text: string) => [...new Set(text.match(/\{\w+\}/g))].sort()

describe('every language says the same', () => {
  test('German has exactly the texts English has, in the same order', () => expect([...german.keys()]).toEqual([...english.keys()]))
  test('the same values are put into both', () => {
    expect([...english].filter(([key, text]) => String(placeholders(german.get(key) ?? '')) !== String(placeholders(text)))).toEqual([])
  })
  test('singular and plural are told apart in both or in none', () => {
    expect([...english].filter(([key, text]) => german.get(key)?.split(' | ').length !== text.split(' | ').length)).toEqual([])
  })
  test('no text is empty', () => expect([...english, ...german].filter(([, text]) => text.trim() === '')).toEqual([]))
})

test('every text is used', () => {
  const folder = new URL('../../', import.meta.url)
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(vue|ts)$/.test(name) && !name.includes('.test.'))
    .map((name) => readFileSync(new URL(name, folder), 'utf8'))
    .join('\n')
  // A key is written out, or its stem stands in a template with the rest behind `${`.
  const isUsed = (key: string) =>
    sources.includes(`'${key}'`) ||
    key.split('.').some((_, index, parts) => index > 0 && sources.includes(`\`${parts.slice(0, index).join('.')}.\${`))
  expect([...english.keys()].filter((key) => !isUsed(key))).toEqual([])
})

test('every error has its texts, and says what happened in the hub’s own words', () => {
  // Equal words let the console see when the hub has more to say than its registry does.
  for (const code of errorTextCodes) {
    expect(english.get(`errors.${code}.what`)).toBe(errorRegistry[code].title)
    expect(english.has(`errors.${code}.cure`), code).toBe(true)
  }
})
