import { expect, test } from 'vitest'
import { restoreModes } from '../model/restore-request.ts'

const isUsable = (include: readonly string[]): boolean => restoreModes.include.safeParse(include).success

test.each(['*.pdf', 'photos/*.jpg', '/home/ada/**', '/', ' ', '{a,b}/', '!x'])('%j is a pattern of what is wanted', (pattern) => {
  expect(isUsable([pattern])).toBe(true)
})

test.each(['', '//', '///', 'x'.repeat(4097)])('%j is none', (pattern) => {
  expect(isUsable(['*.pdf', pattern])).toBe(false)
})

test('patterns are as many and as long together as one message carries', () => {
  expect(isUsable(Array.from({ length: 1000 }, (_, n) => `*.${n}`))).toBe(true)
  expect(isUsable(Array.from({ length: 1001 }, (_, n) => `*.${n}`))).toBe(false)
  expect(isUsable(Array.from({ length: 60 }, () => 'x'.repeat(4000)))).toBe(false)
})
