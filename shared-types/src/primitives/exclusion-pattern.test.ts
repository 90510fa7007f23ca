import { expect, test } from 'vitest'
import { ExclusionPattern, exclusionPatternProblem } from './exclusion-pattern.ts'

test.each([
  '*.log',
  '!keep',
  '/top',
  'a/**/b',
  'build/',
  '\\#x',
  '\\!x',
  'a\\ ',
  'a\\\\',
  '[]]',
  '[!]a]',
  '[a\\]]',
  '[[:alpha:]]x',
  '[[:]',
  '[[:alpha]',
  '\\[',
  'ä?',
  '...',
  '.*',
  '/.git/',
  'a/..b',
])('%j is a pattern', (pattern) => {
  expect(exclusionPatternProblem(pattern)).toBeNull()
})

test.each([
  ['#x', 'comment'],
  ['', 'names nothing'],
  ['!', 'names nothing'],
  ['!/ ', 'names nothing'],
  ['a\nb', 'more than one line'],
  ['a\\', 'backslash'],
  ['!a\\', 'backslash'],
  ['a[b', 'never closed'],
  ['[]', 'never closed'],
  ['[a\\]', 'never closed'],
  ['[[:letters:]]', '[:letters:]'],
  ['//', 'names nothing'],
  ['.', 'names nothing'],
  ['!./', 'names nothing'],
  ['./build', 'write build, or /build'],
  ['build/.', 'write build, or /build'],
  ['!a//b/', 'write a/b/'],
  ['../x', 'stay in it'],
  ['a/../b', 'stay in it'],
])('%j is none, and is told why: %s', (pattern, reason) => {
  expect(exclusionPatternProblem(pattern)).toContain(reason)
  expect(ExclusionPattern.safeParse(pattern).success).toBe(false)
})
