import { expect, test } from 'vitest'
import { pageLinks } from '../../platform/navigation/page-links.ts'
import { pathOfHash } from './folder-link.ts'
import { addressOfPath } from './snapshot-path.ts'

const id = 'ab'.repeat(16)
const through = (path: { text: string; raw: Uint8Array | null }) => {
  const { segments, base64url } = addressOfPath(path)
  return pageLinks.sealedFolder(id, segments, base64url)
}

test('names of a private vault stand behind the # alone, and come back as they were', () => {
  for (const text of ['/home/ada/quince archive', '/100 %/a?b=c#d', '/héllo/ü', '/C:\\x']) {
    const link = through({ text, raw: null })
    expect(link.params).toEqual({ snapshotId: id, path: [''] })
    expect(link).not.toHaveProperty('query')
    expect(pathOfHash(link.hash)).toEqual({ text, raw: null })
  }
  const raw = Uint8Array.from([0x2f, 0xff, 0x2f, 0x78])
  expect(pathOfHash(through({ text: '/\ufffd/x', raw }).hash)?.raw).toEqual(raw)
})

test('no # is no such address, and what cannot be read is none', () => {
  expect([pathOfHash(''), pathOfHash('#top'), pathOfHash('#/%E0%A4%A')]).toEqual([null, null, null])
  expect(pathOfHash('#/')).toEqual({ text: '', raw: null })
})
