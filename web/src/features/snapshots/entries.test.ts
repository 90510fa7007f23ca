import { expect, test } from 'vitest'
import { anEntry } from '../../testing/world.ts'
import { modeText, ownerText } from './entry-looks.ts'
import { canBeFlat, restoredPlace } from './restore-order.ts'
import { filterEntries, sortEntries, type EntrySort } from './sort-entries.ts'

const entries = [
  anEntry('/x/img10.jpg', { size: 10, mtimeNs: '1763712345123456789' }),
  anEntry('/x/img2.jpg', { size: 900, mtimeNs: '-14182940876543211' }),
  anEntry('/x/Zoo', { type: 'folder', subtree: { files: 1, bytes: 500, errors: 0 }, mtimeNs: '1763712345123999999' }),
  anEntry('/x/archive', { type: 'folder', subtree: { files: 9, bytes: 7, errors: 0 }, mtimeNs: '0' }),
]
const names = (sort: Partial<EntrySort>) =>
  sortEntries(entries, { by: 'name', isDescending: false, foldersFirst: true, ...sort }).map(({ name }) => name)

test('names sort as people count and spell, folders first', () => {
  expect(names({})).toEqual(['archive', 'Zoo', 'img2.jpg', 'img10.jpg'])
  expect(names({ isDescending: true })).toEqual(['Zoo', 'archive', 'img10.jpg', 'img2.jpg'])
  expect(names({ foldersFirst: false })).toEqual(['archive', 'img2.jpg', 'img10.jpg', 'Zoo'])
})

test('a folder counts with all below it, and times before 1970 come first', () => {
  expect(names({ by: 'size', foldersFirst: false })).toEqual(['archive', 'img10.jpg', 'Zoo', 'img2.jpg'])
  expect(names({ by: 'modified', foldersFirst: false })).toEqual(['img2.jpg', 'archive', 'img10.jpg', 'Zoo'])
})

test('the filter ignores case and blanks around it', () => {
  expect(filterEntries(entries, ' ZO ').map(({ name }) => name)).toEqual(['Zoo'])
  expect(filterEntries(entries, '  ')).toBe(entries)
})

test('10,000 entries sort within a frame or two', () => {
  const many = Array.from({ length: 10_000 }, (_, index) => anEntry(`/x/f${(index * 7919) % 10_000}`))
  const started = performance.now()
  expect(sortEntries(many, { by: 'name', isDescending: false, foldersFirst: true })[9_999]?.name).toBe('f9999')
  expect(performance.now() - started).toBeLessThan(1000)
})

test('modes read as ls writes them', () => {
  expect(modeText({ type: 'folder', mode: 0o2750 })).toBe('drwxr-s---')
  expect(modeText({ type: 'file', mode: 0o4711 })).toBe('-rws--x--x')
  expect(modeText({ type: 'folder', mode: 0o1777 })).toBe('drwxrwxrwt')
  expect(modeText({ type: 'file', mode: 0o6644 })).toBe('-rwSr-Sr--')
})

test('an owner without a name is its number', () => {
  expect(ownerText('ada', 1000)).toBe('ada (1000)')
  expect(ownerText(null, 33)).toBe('33')
})

test('a restored entry lies below the target at its source path, unless flat', () => {
  expect(restoredPlace('/tmp/r/', '/home/ada', false)).toBe('/tmp/r/home/ada')
  expect(restoredPlace('/tmp/r', '/home/ada', true)).toBe('/tmp/r')
  expect(restoredPlace('/', '/etc', false)).toBe('/etc')
})

test('only the one root of a whole snapshot can be restored flat', () => {
  expect(canBeFlat({ roots: [{ path: '/home' }] }, [])).toBe(true)
  expect(canBeFlat({ roots: [{ path: '/home' }, { path: '/etc' }] }, [])).toBe(false)
  expect(canBeFlat({ roots: [{ path: '/home' }] }, [{ text: '/home/ada', raw: null }])).toBe(false)
})
