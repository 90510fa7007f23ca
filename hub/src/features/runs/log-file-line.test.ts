import { expect, test } from 'vitest'
import { logFileLine } from './log-file-line.ts'

const line = (change: object) =>
  logFileLine({ at: new Date(Date.UTC(2026, 10, 21, 18, 0, 0, 5)), level: 'warn', event: 'file.skipped', message: 'Skipped.', ...change })

test('a line says when, how grave, what, and where', () => {
  expect(line({ path: '/home/ada/notes' })).toBe('2026-11-21T18:00:00.005Z  warn   file.skipped  Skipped.  "/home/ada/notes"\n')
  expect(line({ path: null })).toBe('2026-11-21T18:00:00.005Z  warn   file.skipped  Skipped.\n')
})

test.each([
  ['a newline', 'x\n2026-11-21T18:00:00.000Z  info   run.ended  All is well', String.raw`x\n2026`],
  ['a carriage return', 'x\ry', String.raw`x\ry`],
  ['an escape sequence of terminals', '\u001B[2Kx', String.raw`\u{1b}[2Kx`],
  ['a separator of lines', 'x\u2028y', String.raw`x\u{2028}y`],
  ['a turned direction', 'x\u202Egpj.exe', String.raw`x\u{202e}gpj.exe`],
  ['a letter without width', 'a\u200Bb', String.raw`a\u{200b}b`],
  ['a backslash', 'x\\ny', String.raw`x\\ny`],
  ['a quote', 'x"  y', String.raw`x\"  y`],
  ['half a letter', 'x\uD800y', String.raw`x\u{d800}y`],
])('a name with %s stays one line and says what it is', (_, path, written) => {
  const text = line({ path })
  expect(text).toContain(written)
  expect(text.match(/[\n\r\u2028\u2029\u0085]/g)).toEqual(['\n'])
  expect(line({ message: path }).match(/\n/g)).toHaveLength(1)
})
