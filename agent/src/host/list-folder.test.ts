import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { HostEntry } from '@holdfast/shared-types'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aFolder, type TestFolder } from '../../test/an-agent.ts'
import { listFolder, type ListOrder } from './list-folder.ts'

let folder: TestFolder
beforeEach(() => {
  folder = aFolder()
})
afterEach(() => folder.remove())

const order = (change: Partial<ListOrder> = {}): ListOrder => ({
  path: Buffer.from(folder.path),
  after: null,
  limit: 1000,
  ownPlaces: [],
  ...change,
})
const file = (name: string | Buffer, content = ''): void =>
  writeFileSync(Buffer.concat([Buffer.from(`${folder.path}/`), Buffer.from(name)]), content)

/** All parts, one after the other. */
function allPages(limit: number): HostEntry[] {
  const items: HostEntry[] = []
  for (let after: string | null = null; ;) {
    const page = listFolder(order({ limit, after }))
    items.push(...page.items)
    if (page.next === null) return items
    after = page.next
  }
}

test('tells folders first, then the rest, by name bytes, hidden ones included', () => {
  mkdirSync(join(folder.path, 'b'))
  mkdirSync(join(folder.path, '.a'))
  file('z', '12345')
  file('.hidden')
  file('Ä')
  symlinkSync('../somewhere/else', join(folder.path, 'link'))
  execFileSync('mkfifo', [join(folder.path, 'pipe')])
  const { items, total, next, separator } = listFolder(order())
  expect(items.map(({ name, type }) => `${type} ${name}`)).toEqual([
    'folder .a',
    'folder b',
    'file .hidden',
    'symlink link',
    'fifo pipe',
    'file z',
    'file Ä',
  ])
  expect({ total, next, separator }).toEqual({ total: 7, next: null, separator: '/' })
  expect(items.find(({ name }) => name === 'link')).toMatchObject({ symlinkTarget: '../somewhere/else', size: 0, readable: true })
  expect(items.find(({ name }) => name === 'z')).toMatchObject({ size: 5, readable: true, own: false, otherFileSystem: false })
})

test('names of any bytes come whole, and hostile ones are only names', () => {
  const names = [
    Buffer.from([0x63, 0x61, 0x66, 0xe9]),
    Buffer.from('a\nb'),
    Buffer.from('‮gpj.exe'),
    Buffer.from('-rf'),
    Buffer.from('x'.repeat(255)),
  ]
  for (const name of names) file(name)
  const { items } = listFolder(order())
  const bytes = items.map((item) => (item.nameBase64 === undefined ? Buffer.from(item.name) : Buffer.from(item.nameBase64, 'base64')))
  expect(bytes).toEqual(names.toSorted((left, right) => Buffer.compare(left, right)))
  expect(items.filter((item) => item.nameBase64 !== undefined)).toHaveLength(1)
})

test('parts of a folder make the whole of it once, and go on by name when entries come and go meanwhile', () => {
  for (let n = 0; n < 25; n += 1) {
    if (n % 3 === 0) mkdirSync(join(folder.path, `f${n}`))
    else file(`e${n}`)
  }
  const whole = listFolder(order()).items.map(({ name }) => name)
  expect(allPages(4).map(({ name }) => name)).toEqual(whole)
  const first = listFolder(order({ limit: 10 }))
  file('e1-new')
  execFileSync('rm', ['-rf', join(folder.path, whole[9] ?? '')])
  const second = listFolder(order({ limit: 100, after: first.next }))
  expect(second.items.map(({ name }) => name)).toEqual(['e1-new', ...whole.slice(10)])
})

test('a hundred thousand entries come in parts that fit into a message', { timeout: 120_000 }, () => {
  execFileSync('sh', ['-c', 'seq 1 100000 | sed "s/$/-$(printf x%.0s $(seq 1 100))/" | xargs touch'], { cwd: folder.path })
  const first = listFolder(order({ limit: 2000 }))
  expect(first.total).toBe(100_000)
  expect(first.items).toHaveLength(1_500 <= first.items.length ? first.items.length : -1)
  expect(Buffer.byteLength(JSON.stringify(first))).toBeLessThan(500_000)
  const last = listFolder(order({ limit: 2000, after: `e.${Buffer.from('99998').toString('base64url')}` }))
  expect(last).toMatchObject({ next: null })
  expect(last.items.map(({ name }) => name.split('-')[0])).toEqual(['99998', '99999'])
})

describe('what is not a folder to look into', () => {
  test.each([
    ['missing', (path: string) => `${path}/missing`, 'source.not-found'],
    ['a file', (path: string) => `${path}/file`, 'host.not-a-folder'],
    ['relative', () => 'tmp', 'request.invalid'],
    ['with dots', (path: string) => `${path}/../etc`, 'request.invalid'],
    ['with a zero byte', (path: string) => `${path}\0x`, 'request.invalid'],
  ])('%s has its own error', (_, path, code) => {
    file('file')
    expect(() => listFolder(order({ path: Buffer.from(path(folder.path)) }))).toThrow(expect.objectContaining({ code }) as Error)
  })

  test('a folder without the right to read it is told, and shown as such in the one above', () => {
    mkdirSync(join(folder.path, 'locked'))
    chmodSync(join(folder.path, 'locked'), 0)
    const script = `import { listFolder } from ${JSON.stringify(new URL('list-folder.ts', import.meta.url).href)}
      const ask = (path) => { try { return listFolder({ path: Buffer.from(path), after: null, limit: 10, ownPlaces: [] }).items } catch (error) { return error.code } }
      process.stdout.write(JSON.stringify([ask(process.argv[1]), ask(process.argv[1] + '/locked')]))`
    // Root may read everything: the question is asked as nobody.
    chmodSync(folder.path, 0o755)
    const isRoot = process.getuid?.() === 0
    const command = [process.execPath, '-C', '@holdfast/source', '--input-type=module-typescript', '-e', script, folder.path]
    const output = isRoot
      ? execFileSync('setpriv', ['--reuid=65534', '--regid=65534', '--clear-groups', ...command])
      : execFileSync(command[0] ?? '', command.slice(1))
    const [above, locked] = JSON.parse(output.toString()) as [HostEntry[], string]
    expect(above).toMatchObject([{ name: 'locked', type: 'folder', readable: false }])
    expect(locked).toBe('source.unreadable')
  })
})

test('places of Holdfast are marked, and so is all that lies in them', () => {
  const own = join(folder.path, 'agent')
  mkdirSync(join(own, 'keys'), { recursive: true })
  mkdirSync(join(folder.path, 'other'))
  const ownPlaces = [own]
  const marks = (path: string) =>
    listFolder(order({ path: Buffer.from(path), ownPlaces })).items.map(({ name, own: isOwn }) => `${name} ${isOwn}`)
  expect(marks(folder.path)).toEqual(['agent true', 'other false'])
  expect(marks(own)).toEqual(['keys true'])
  symlinkSync(own, join(folder.path, 'other', 'way'))
  expect(marks(join(folder.path, 'other', 'way'))).toEqual(['keys true'])
})

test('without a path the roots are told, and another file system is marked', () => {
  expect(listFolder(order({ path: null }))).toMatchObject({ folder: null, items: [{ name: '/', type: 'folder' }], next: null })
  const top = listFolder(order({ path: Buffer.from('/') }))
  expect(top.items.find(({ name }) => name === 'proc')).toMatchObject({ otherFileSystem: true, type: 'folder' })
})
