import { DomainId } from '@holdfast/shared-types'
import { describe, expect, test } from 'vitest'
import type { PackView } from '../contents/vault-contents.ts'
import { choosePacks, chooseSmall } from './choose-packs.ts'

const domainId = DomainId.parse('11111111-1111-4111-8111-111111111111')

/** A letter a segment of 100 bytes: `n`eeded, `d`ead, `m`oved elsewhere, `c`ondemned before, `C` the same and needed again, `l`ost and needed by nobody, `L`ost and needed. */
const aPack = (packIdHex: string, letters: string, bytes = letters.length * 100): PackView => ({
  packIdHex,
  domainId,
  sessionId: null,
  segmentCount: letters.length,
  bytes,
  segment: (position) => ({
    birthPackIdHex: packIdHex,
    ordinal: position,
    length: 100,
    isMoved: letters[position] === 'm',
    isCondemned: letters[position]?.toLowerCase() === 'c',
    isLost: letters[position]?.toLowerCase() === 'l',
  }),
})
const neededIn = (packs: Record<string, string>) => (hex: string, ordinal: number) => /[nLC]/.test(packs[hex]?.[ordinal] ?? '')
const choose = (packs: Record<string, string>, spared: string[] = []) =>
  choosePacks(
    Object.entries(packs).map(([hex, letters]) => aPack(hex, letters)),
    neededIn(packs),
    (hex) => spared.includes(hex),
  )

describe('packs to collect', () => {
  test.each([
    ['nnnn', null],
    ['nnnd', null],
    ['nndd', [2, 3]],
    ['dddd', [0, 1, 2, 3]],
    ['nmmn', [1, 2]],
    ['nnnm', null],
    ['mmmm', [0, 1, 2, 3]],
    ['nccd', [1, 2, 3]],
    ['CCCd', null],
    ['CCdd', [2, 3]],
    ['d', [0]],
    ['nnnl', [3]],
    ['nnnL', null],
  ])('of %s the positions %j', async (letters, dead) => {
    expect((await choose({ aa: letters })).packs[0]?.dead ?? null).toEqual(dead)
  })

  test('counts as new only what nobody needs and no collection condemned before', async () => {
    const { packs, bytes } = await choose({ aa: 'mmcd', bb: 'nnnn' })
    expect(bytes).toBe(800)
    expect(packs).toMatchObject([{ packIdHex: 'aa', segmentCount: 4, deadBytes: 100, settledBytes: 300 }])
  })

  test('leaves spared ones alone', async () => {
    expect((await choose({ aa: 'dddd', bb: 'dddd' }, ['aa'])).packs.map(({ packIdHex }) => packIdHex)).toEqual(['bb'])
  })
})

describe('small packs', () => {
  const many = (count: number, bytes: number) => Array.from({ length: count }, (_, index) => aPack(`${index}`, 'nn', bytes))

  test('are put together when there are many of a kind', () => {
    const group = ({ packIdHex }: PackView) => (Number(packIdHex) % 2 === 0 ? 'even' : 'odd')
    const never = () => false
    expect(chooseSmall(many(31, 1000), () => 'one', never)).toEqual([])
    expect(chooseSmall(many(32, 1000), () => 'one', never)).toHaveLength(32)
    expect(chooseSmall(many(32, 5_000_000), () => 'one', never)).toEqual([])
    expect(chooseSmall(many(62, 1000), group, never)).toEqual([])
    expect(chooseSmall(many(64, 1000), group, (hex) => hex === '0').map(({ packIdHex }) => Number(packIdHex) % 2)).toEqual(
      Array.from({ length: 32 }, () => 1),
    )
  })
})
