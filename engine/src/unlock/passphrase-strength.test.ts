import { expect, test } from 'vitest'
import { passphraseBits, strengthOf, timeToTry } from './passphrase-strength.ts'

const levelOf = (passphrase: string) => strengthOf(passphrase).level

test('what people take for strong is told to be weak: words, years, rows of keys, and the same again', () => {
  for (const weak of [
    'Summer2026!!',
    'passwordpassword',
    'qwertzuiop123',
    'Password1234',
    'aaaaaaaaaaaaaaaa',
    'hunter hunter hunter',
    '198765432101',
    'Geheim!2024!',
  ])
    expect([weak, levelOf(weak)]).toEqual([weak, 'weak'])
})

test('words that have nothing to do with each other are strong, and so is noise; the longer the better', () => {
  for (const strong of ['seven quiet lamps above the harbour', 'korrekt Pferd Batterie Heftklammer Moos', 'kX9$vT2q&Lm4!wZ7'])
    expect([strong, levelOf(strong)]).toEqual([strong, 'strong'])
  expect([levelOf('kX9$vT2q&Lm'), levelOf('kX9$vT2q&Lm4')]).toEqual(['short', 'fair'])
  // Seven characters, in twelve units of UTF-16.
  expect(levelOf('\u{1f98a}\u{1f3bb}\u{1fa94}\u{2693} \u{1f98a}\u{1f3bb}')).toBe('short')
  expect(passphraseBits('otter violin')).toBeLessThan(passphraseBits('otter violin granite'))
})

test('letters of any language count alike, however they are composed', () => {
  expect(passphraseBits('\u00e4rger')).toBe(passphraseBits('a\u0308rger'))
  expect(levelOf('тихий фонарь гавань семь якорь')).toBe('strong')
})

test('times are told in what a person can picture', () => {
  expect([3, 7200, 9 * 86_400, 3 * 365.25 * 86_400, 1e15].map((seconds) => timeToTry(seconds))).toEqual([
    { unit: 'seconds', count: 3 },
    { unit: 'hours', count: 2 },
    { unit: 'days', count: 9 },
    { unit: 'years', count: 3 },
    { unit: 'ages', count: 0 },
  ])
})
