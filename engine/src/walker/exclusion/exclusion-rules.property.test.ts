import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ExclusionRules } from './exclusion-rules.ts'
import { patternText } from './pattern-text.ts'

/** Folders map to what is in them, anything else is null; names are bytes, one character each. */
interface Tree {
  readonly [name: string]: Tree | null
}

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hf-rules-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A new repository: nothing is configured but the patterns, so that git's answer is that of `info/exclude` alone. */
function gitKeeps(tree: Tree, patterns: readonly Buffer[]): string[] {
  const top = mkdtempSync(join(folder, 't'))
  const git = (args: readonly string[], input: Buffer): Buffer =>
    execFileSync('git', ['-c', 'core.excludesFile=/dev/null', '-c', 'core.ignoreCase=false', ...args], {
      cwd: top,
      input,
      env: { PATH: process.env['PATH'], HOME: folder, GIT_CONFIG_NOSYSTEM: '1', GIT_CEILING_DIRECTORIES: folder },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
  git(['init', '-q', '--template='], Buffer.alloc(0))
  mkdirSync(join(top, '.git/info'), { recursive: true })
  writeFileSync(join(top, '.git/info/exclude'), Buffer.concat(patterns.map((line) => Buffer.concat([line, Buffer.from('\n')]))))
  const paths = [...pathsOf(tree, '')]
  for (const { path, isFolder } of paths) {
    const onDisk = Buffer.concat([Buffer.from(`${top}/`), Buffer.from(path, 'latin1')])
    if (isFolder) mkdirSync(onDisk)
    else writeFileSync(onDisk, '')
  }
  // Status 1 = none of them is ignored.
  const excluded = new Set(
    answerOf(() =>
      git(['check-ignore', '--no-index', '--stdin', '-z'], Buffer.from(paths.map(({ path }) => `${path}\0`).join(''), 'latin1')),
    ),
  )
  return paths.map(({ path }) => path).filter((path) => !excluded.has(path))
}

function answerOf(call: () => Buffer): string[] {
  try {
    return call().toString('latin1').split('\0').slice(0, -1)
  } catch (error) {
    if ((error as { status?: number }).status === 1) return []
    throw error
  }
}

function* pathsOf(tree: Tree, above: string): Generator<{ path: string; isFolder: boolean }> {
  for (const [name, below] of Object.entries(tree)) {
    yield { path: above + name, isFolder: below !== null }
    if (below !== null) yield* pathsOf(below, `${above}${name}/`)
  }
}

/** As a walk asks: never for what lies in an excluded folder. */
function* rulesKeep(rules: ExclusionRules | null, tree: Tree, above: string): Generator<string> {
  for (const [name, below] of Object.entries(tree)) {
    const verdict = rules?.verdictOf(above, name) ?? 'keep'
    if (verdict === 'exclude' || verdict === (below === null ? 'exclude-other' : 'exclude-folder')) continue
    yield above + name
    if (below !== null) yield* rulesKeep(rules, below, `${above}${name}/`)
  }
}

function expectSame(tree: Tree, patterns: readonly Buffer[]): void {
  expect([...rulesKeep(ExclusionRules.of(patterns), tree, '')]).toEqual(gitKeeps(tree, patterns))
}

const utf8 = (text: string): string => Buffer.from(text).toString('latin1')
const names = [
  'a',
  'b',
  'A',
  'ab',
  'a.log',
  'b.LOG',
  '.log',
  'log',
  'x.y.log',
  '#a',
  '!a',
  'a ',
  ' a',
  'a\t',
  'a\\b',
  '[a]',
  'a*',
  '*',
  '?',
  'a-b',
  ']',
  utf8('ä'),
  utf8('à'),
  '\xff',
  'a\xe9.log',
]
const pieces = [
  ...names.filter((name) => !name.includes('\\')),
  '*',
  '**',
  '?',
  '*.log',
  'a*',
  '*b',
  'a*g',
  '[ab]',
  '[!a]',
  '[^a]*',
  '[a-c]',
  'a[.l]*',
  '*[lg]o[gG]',
  '[ab][ab]*',
  '[.a]?*',
  '*x*y*',
  '[]-]',
  '[[:alpha:]]',
  '[[:upper:]]*',
  '\\#a',
  '\\!a',
  '\\*',
  '\\a',
  '\\[a]',
  'a\\ ',
  '*\\ ',
  '\\\\',
  '[\\]]',
  '[z-a]',
  '*.*',
  '.*',
  utf8('?'),
  '??',
]
const aName = fc.constantFrom(...names)
const aTree = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.dictionary(aName, fc.option(tie('tree'), { maxDepth: 3, nil: null }), {
    maxKeys: 5,
    noNullPrototype: true,
  }) as fc.Arbitrary<Tree>,
})).tree
/** `**` beside other letters of a component is where the library says it differs from git (docs/exclusions.md). */
const aPattern = fc
  .record({
    mark: fc.constantFrom('', '', '', '!'),
    top: fc.constantFrom('', '', '/'),
    components: fc.array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 3 }),
    end: fc.constantFrom('', '', '', '/', ' ', '  ', '/ '),
  })
  .map(({ mark, top, components, end }) => Buffer.from(`${mark}${top}${components.join('/')}${end}`, 'latin1'))

test('any patterns keep of any tree what git keeps of it', { timeout: 120_000 }, () => {
  fc.assert(fc.property(aTree, fc.array(aPattern, { minLength: 1, maxLength: 5 }), expectSame), {
    numRuns: Number(process.env['HOLDFAST_PROPERTY_RUNS'] ?? 150),
  })
})

const bytes = (line: string): Buffer => Buffer.from(line)
test.each([
  [['*.log', '!keep.log'], { 'keep.log': null, 'x.log': null, d: { 'keep.log': null, 'y.log': null } }],
  [['build/', '!build/'], { build: { a: null }, d: { build: null } }],
  [['d/', '!d/keep'], { d: { keep: null, other: null } }],
  [['d/*', '!d/keep'], { d: { keep: null, other: { a: null } }, e: { d: { x: null } } }],
  [
    ['/a', 'b/c', '**/d', 'e/**', 'f/**/g'],
    {
      a: null,
      x: { a: null, b: { c: null } },
      b: { c: null },
      y: { d: null },
      e: { x: { z: null } },
      f: { g: null, p: { q: { g: null } } },
    },
  ],
  [['# a comment', '', '   ', '\\# b', '\\!c', 'd\\ ', 'e   '], { '# b': null, '!c': null, 'd ': null, d: null, e: null }],
  [['Cache'], { Cache: null, cache: null, CACHE: { x: null } }],
  [['*', '!*/', '!*.txt'], { 'a.txt': null, 'a.bin': null, d: { 'b.txt': null, 'b.bin': null } }],
  [['x/', '!y/x'], { x: { f: null }, y: { x: { f: null, x: { g: null } } } }],
  [['[', 'a[', '[[:nonsense:]]', '\\', '!', '/'], { '[': null, 'a[': null, '\\': null, '!': null }],
] as [string[], Tree][])('%j means what it means to git', (patterns, tree) => {
  expectSame(tree, patterns.map(bytes))
})

test('a name that is not UTF-8 is met by its bytes alone, never by what a reader would have made of them', () => {
  const tree: Tree = { 'caf\xe9.log': null, 'caf\xe9': null, 'caf\xc3\xa9': null, 'caf\xef\xbf\xbd': null, 'caf\xff': null }
  for (const pattern of ['café', 'caf\ufffd', 'caf?', 'caf??', '*.log', 'caf[é]', 'caf*']) expectSame(tree, [bytes(pattern)])
  expectSame(tree, [Buffer.from('caf\xe9', 'latin1')])
  const kept = [...rulesKeep(ExclusionRules.of([bytes('café'), bytes('caf\ufffd')]), tree, '')]
  expect(kept).toEqual(['caf\xe9.log', 'caf\xe9', 'caf\xff'])
  expect(patternText(bytes('é'))).toBe('\xc3\xa9')
})

test('names without end do not make the memory of it grow without end, nor change an answer', () => {
  const rules = ExclusionRules.of(['*[0-9]x', 'f/**/*5', 'f/*7'].map(bytes))!
  for (let number = 0; number < 60_000; number++) {
    expect(rules.verdictOf('d/', `${number}x`)).toBe('exclude')
    expect(rules.verdictOf('f/', `${number}`)).toBe(number % 10 === 5 || number % 10 === 7 ? 'exclude' : 'keep')
  }
})
