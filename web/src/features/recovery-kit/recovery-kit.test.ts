import { expect, test } from 'vitest'
import { areWords, askedPlaces, kitFile, kitFileName } from './recovery-kit.ts'

const words = Array.from({ length: 24 }, (_, index) => `word${String.fromCharCode(97 + index)}`)

test('the file has each word on a numbered line of its own, with nothing between them', () => {
  const file = kitFile(
    {
      title: 'Recovery kit',
      warning: 'Keep it safe.',
      facts: [
        ['Vault', 'Default vault'],
        ['Vault id', 'x'],
      ],
      wordsTitle: 'Words',
      howTitle: 'Use',
      how: ['First', 'Second'],
    },
    words,
  )
  const lines = file.split('\n')
  const first = lines.indexOf(' 1. worda')
  expect(lines.slice(first, first + 24)).toEqual(words.map((word, index) => `${String(index + 1).padStart(2)}. ${word}`))
  expect(file).toContain('Vault     Default vault\nVault id  x')
  expect(file.endsWith('2. Second\n')).toBe(true)
})

test('its name is one that every system takes', () => {
  const at = Date.UTC(2026, 10, 21)
  expect(kitFileName('Default vault', at)).toBe('holdfast-recovery-kit-default-vault-2026-11-21.txt')
  expect(kitFileName('../../Büro: 2', at)).toBe('holdfast-recovery-kit-büro-2-2026-11-21.txt')
  expect(kitFileName('???', at)).toBe('holdfast-recovery-kit-vault-2026-11-21.txt')
})

test('three words are asked for, one of each sheet\u2019s third, and typed as people type', () => {
  expect([askedPlaces(() => 0), askedPlaces(() => 0.999_999), askedPlaces(() => 1)]).toEqual([
    [0, 8, 16],
    [7, 15, 23],
    [7, 15, 23],
  ])
  expect(areWords([' WORDA ', 'wordi', 'wordq'], [0, 8, 16], words)).toBe(true)
  expect(areWords(['worda', 'wordq', 'wordi'], [0, 8, 16], words)).toBe(false)
  expect(areWords([], [0, 8, 16], words)).toBe(false)
})
