import { describe, expect, test } from 'vitest'
import { hostPathOf, hostPathOfBytes } from '../hosts/index.ts'
import { literalPattern, readLiteral } from './literal-pattern.ts'
import { choiceOf, sharedLines, toggle, type Selection } from './source-selection.ts'

const at = (path: string) => hostPathOf({ path })
const selected = (sources: string[], patterns: string[] = []): Selection => ({ sources: sources.map(at), patterns })
const shown = (outcome: Selection | string) =>
  typeof outcome === 'string' ? outcome : { sources: outcome.sources.map(({ wire }) => wire.path), patterns: outcome.patterns }
const choice = (selection: Selection, path: string, isFolder = true) => choiceOf(selection, at(path), isFolder)

describe('a chosen folder', () => {
  test('covers all below it, and takes in what was chosen there before', () => {
    const all = toggle(selected(['/home/ada/docs', '/etc']), at('/home'), true) as Selection
    expect(shown(all)).toEqual({ sources: ['/etc', '/home'], patterns: [] })
    expect([choice(all, '/home').choice, choice(all, '/home/ada/docs').choice]).toEqual(['chosen', 'covered'])
    // A name that only begins alike is another place.
    expect(choice(all, '/homestead').choice).toBe('none')
    expect(choice(selected(['/home/ada/docs']), '/home').choice).toBe('around')
    expect(shown(toggle(all, at('/home'), true))).toEqual({ sources: ['/etc'], patterns: [] })
  })

  test('of which a part is unchecked stays a source, with a line that leaves the part out', () => {
    const part = toggle(selected(['/home/ada']), at('/home/ada/tmp'), true) as Selection
    expect(shown(part)).toEqual({ sources: ['/home/ada'], patterns: ['/tmp/'] })
    expect(choice(part, '/home/ada')).toEqual({ choice: 'chosen', isPart: true })
    expect(choice(part, '/home/ada/tmp').choice).toBe('left-out')
    expect(choice(part, '/home/ada/tmp/deep').choice).toBe('below-left-out')
    expect(choice(part, '/home/ada/work')).toEqual({ choice: 'covered', isPart: false })
    expect(toggle(part, at('/home/ada/tmp/deep'), true)).toBe('above-left-out')
    expect(shown(toggle(part, at('/home/ada/tmp'), true))).toEqual({ sources: ['/home/ada'], patterns: [] })
  })

  test('whose file is unchecked keeps a folder of that name', () => {
    const part = toggle(selected(['/srv']), at('/srv/a/core'), false) as Selection
    expect(shown(part)).toEqual({ sources: ['/srv'], patterns: ['/a/core'] })
    expect(choice(part, '/srv/a')).toEqual({ choice: 'covered', isPart: true })
    expect(choice(selected(['/srv'], ['/a/core/']), '/srv/a/core', false).choice).toBe('covered')
  })
})

test('a line holds for every source, and the choice says so', () => {
  const two = selected(['/srv/a', '/srv/b'], ['/cache/'])
  expect([choice(two, '/srv/a/cache').choice, choice(two, '/srv/b/cache').choice]).toEqual(['left-out', 'left-out'])
  expect(sharedLines(two)).toEqual(['/cache/'])
  expect(sharedLines(selected(['/srv/a'], ['/cache/']))).toEqual([])
})

test('the last line decides, and one that takes back leaves nothing out', () => {
  expect(choice(selected(['/srv'], ['/a/', '!/a/']), '/srv/a').choice).toBe('covered')
  expect(choice(selected(['/srv'], ['!/a/', '/a/']), '/srv/a').choice).toBe('left-out')
})

test.each([
  ['a*b', '/a\\*b/'],
  ['a[1]?', '/a\\[1]\\?/'],
  ['back\\slash', '/back\\\\slash/'],
  ['ends with space ', '/ends with space /'],
  ['Ä/ö', '/Ä/ö/'],
  ['#not a comment', '/#not a comment/'],
])('the name %s becomes a line, and is read from it again', (name, line) => {
  const below = hostPathOf({ path: name }).bytes
  expect(literalPattern(below, '/', true)).toBe(line)
  expect(readLiteral(line)?.below).toBe(below)
})

test('a file that ends with a space keeps it', () => {
  const line = literalPattern('notes ', '/', false)
  expect(line).toBe('/notes\\ ')
  expect(readLiteral(line ?? '')?.below).toBe('notes ')
})

test('what no line can name is not left out by a line that means something else', () => {
  const latin = hostPathOfBytes('/srv/caf\xe9')
  expect(toggle(selected(['/srv']), latin, true)).toBe('not-text')
  expect(toggle(selected(['/srv']), at('/srv/two\nlines'), true)).toBe('not-text')
  expect(shown(toggle(selected([]), latin, true))).toEqual({ sources: ['/srv/caf\uFFFD'], patterns: [] })
})

test('lines with wildcards, and names that are met anywhere, are no places', () => {
  for (const line of ['*.o', 'node_modules/', '/a/*', 'docs/[ab]']) expect(readLiteral(line)).toBeNull()
})

test('a drive of Windows', () => {
  const part = toggle(selected(['C:\\Users']), at('C:\\Users\\ada\\Temp'), true) as Selection
  expect(part.patterns).toEqual(['/ada/Temp/'])
  expect(choice(part, 'C:\\Users\\ada\\Temp').choice).toBe('left-out')
})
