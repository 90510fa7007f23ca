import { Retention } from '@holdfast/shared-types'
import { expect, test } from 'vitest'
import { keepsInWords } from './keeps-in-words.ts'

test.each([
  ['everything', null],
  ['the last 20', { keepLast: 20 }],
  ['the last 1; one of each of 1 hour, 7 days, 1,000 years', { keepLast: 1, keepHourly: 1, keepDaily: 7, keepYearly: 1000 }],
  ['everything; at most 4 versions of each file', { versionsPerFile: 4 }],
  ['the last 2; at most 1 version of each file', { keepLast: 2, versionsPerFile: 1 }],
  ['one of each of 4 weeks; all within 1 month and 2 days', { keepWeekly: 4, keepWithin: { months: 1, days: 2 } }],
])('rules in words: %s', (words, rules) => {
  expect(keepsInWords(rules === null ? null : Retention.parse(rules))).toBe(words)
})
