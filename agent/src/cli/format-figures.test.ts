import { expect, test } from 'vitest'
import { modeLetters } from './format-entry.ts'
import { formatBytes, formatClock, formatCount, formatDuration } from './format-figures.ts'
import { formatTable } from './format-table.ts'

test('figures are short and never misleading at their edges', () => {
  expect([0, 1, 1023, 1024, 10_240, 1_048_064, 1_048_575, 5_000_000_000].map(formatBytes)).toEqual([
    '0 B',
    '1 B',
    '1,023 B',
    '1.00 KiB',
    '10.0 KiB',
    '1.00 MiB',
    '1.00 MiB',
    '4.66 GiB',
  ])
  expect([0, 999, 1000, 1_234_567].map(formatCount)).toEqual(['0', '999', '1,000', '1,234,567'])
  expect([0, 840, 9_949, 9_950, 59_400, 60_000, 125_000, 3_720_000].map(formatDuration)).toEqual([
    '0.0 s',
    '0.8 s',
    '9.9 s',
    '10 s',
    '59 s',
    '1 min 00 s',
    '2 min 05 s',
    '1 h 02 min',
  ])
  expect([0, 65_000, 3_723_000].map(formatClock)).toEqual(['0:00', '1:05', '1:02:03'])
})

test('mode letters are those of ls', () => {
  expect(modeLetters({ type: 'file', mode: 0o644 })).toBe('-rw-r--r--')
  expect(modeLetters({ type: 'folder', mode: 0o1777 })).toBe('drwxrwxrwt')
  expect(modeLetters({ type: 'file', mode: 0o6755 })).toBe('-rwsr-sr-x')
  expect(modeLetters({ type: 'file', mode: 0o7644 })).toBe('-rwSr-Sr-T')
})

test('a table keeps its columns with wide and with missing cells', () => {
  expect(
    formatTable(
      [{ title: 'A' }, { title: 'N', alignRight: true }, { title: 'Z' }],
      [
        ['報告', '1', 'x'],
        ['b', '1,000', ''],
      ],
    ),
  ).toEqual(['A         N  Z', '報告      1  x', 'b     1,000'])
})
