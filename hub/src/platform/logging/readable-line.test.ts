import { expect, test } from 'vitest'
import { readableLine } from './readable-line.ts'

test('shows time, level, message and details of a log line', () => {
  const line = readableLine(
    `${JSON.stringify({ level: 'warn', time: new Date(2026, 0, 2, 3, 4, 5).toISOString(), event: 'disk.full', files: 3, msg: 'The disk is nearly full' })}\n`,
  )
  expect(line).toBe('03:04:05 warn  The disk is nearly full (files 3)\n')
})

test('shows an error by its code and words, not by where it happened', () => {
  const err = { type: 'AppError', code: 'store.full', message: 'No space left.', at: ['at x.ts:1'] }
  expect(readableLine(JSON.stringify({ level: 'error', msg: 'It failed', err }))).toBe(
    ' error It failed (err store.full: No space left.)\n',
  )
})

test('leaves a line alone that is none of the logger', () => {
  expect(readableLine('Killed\n')).toBe('Killed\n')
})
