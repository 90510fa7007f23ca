import { describe, expect, test } from 'vitest'
import { createMemoryHistory, createRouter } from 'vue-router'
import { pageLinks } from '../../platform/navigation/page-links.ts'
import {
  addressOfPath,
  hasLossyName,
  nameOf,
  pathOfAddress,
  pathOfEntry,
  pathSteps,
  queryOfPath,
  topPath,
  wirePathOf,
  type SnapshotPath,
} from './snapshot-path.ts'
import { snapshotRoutes } from './snapshots.routes.ts'

const latin1 = (text: string) => Buffer.from(text, 'latin1')
const raw = '/home/ada/caf\xe9/bil\xfc.txt'
const lossy: SnapshotPath = pathOfEntry({ path: '/home/ada/caf\uFFFD/bil\uFFFD.txt', pathBase64: latin1(raw).toString('base64') })
const router = createRouter({ history: createMemoryHistory(), routes: snapshotRoutes })

/** Through the address bar and back: as a link that was sent to somebody. */
function throughTheAddress(path: SnapshotPath): SnapshotPath {
  const { segments, base64url } = addressOfPath(path)
  const { fullPath } = router.resolve(pageLinks.snapshotFolder('0'.repeat(32), segments, base64url))
  const { params, query } = router.resolve(fullPath)
  const back = params['path'] ?? []
  return pathOfAddress(Array.isArray(back) ? back : [back], typeof query['b'] === 'string' ? query['b'] : null)
}

describe('a path survives the address bar', () => {
  test.each([
    '/etc',
    '/srv/a b',
    '/x/100%',
    '/q/what?',
    '/h/#1',
    '/p/a+b&c=d',
    '/u/日本語',
    '/d/conf.d',
    '/l/new\nline',
    '/b/back\\slash',
    '/s/semi;colon',
    '/e/%2e%2e',
  ])('%s', (text) => {
    expect(throughTheAddress({ text, raw: null })).toEqual({ text, raw: null })
  })

  test('the top', () => expect(throughTheAddress(topPath)).toEqual(topPath))

  test('with names that are not UTF-8, byte for byte', () => {
    const back = throughTheAddress(lossy)
    expect(Buffer.from(back.raw ?? [])).toEqual(latin1(raw))
    expect(back.text).toBe(lossy.text)
  })
})

test('a folder’s address ends with a slash, so that conf.d does not look like a file', () => {
  expect(router.resolve(pageLinks.snapshotFolder('0'.repeat(32), ['etc', 'conf.d'])).path).toMatch(/\/etc\/conf\.d\/$/)
})

test('the steps to a path are text wherever text is the whole truth', () => {
  const steps = pathSteps(lossy)
  expect(steps.map(({ text }) => text)).toEqual(['/home', '/home/ada', '/home/ada/caf\uFFFD', '/home/ada/caf\uFFFD/bil\uFFFD.txt'])
  expect(steps.map((step) => step.raw === null)).toEqual([true, true, false, false])
  expect(Buffer.from(steps[2]?.raw ?? [])).toEqual(latin1('/home/ada/caf\xe9'))
  expect(nameOf(lossy)).toBe('bil\uFFFD.txt')
})

test('a plain name in a folder that is not UTF-8 is no lossy name', () => {
  const inner = pathOfEntry({ path: '/caf\uFFFD/notes.txt', pathBase64: latin1('/caf\xe9/notes.txt').toString('base64') })
  expect(hasLossyName(inner)).toBe(false)
  expect(hasLossyName(lossy)).toBe(true)
  expect(hasLossyName({ text: '/etc', raw: null })).toBe(false)
})

test('queries carry base64url, bodies standard base64, and text where it is enough', () => {
  expect(queryOfPath(lossy)).toEqual({ pathBase64: latin1(raw).toString('base64url') })
  expect(wirePathOf(lossy)).toEqual({ path: lossy.text, pathBase64: latin1(raw).toString('base64') })
  expect(queryOfPath({ text: '/etc', raw: null })).toEqual({ path: '/etc' })
  expect(queryOfPath(topPath)).toEqual({})
  expect(wirePathOf({ text: '/etc', raw: null })).toEqual({ path: '/etc' })
})

test('nonsense in ?b= falls back to the path that stands beside it', () => {
  expect(pathOfAddress(['etc'], '***')).toEqual({ text: '/etc', raw: null })
})
