import { link, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openDirectoryStore } from './directory-store.ts'
import { linkPublisher } from './publish-file.ts'

const withCode = (code: string): unknown => expect.objectContaining({ code })

let folder: string
const at = (...parts: string[]): string => path.join(folder, ...parts)
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'holdfast-publish-'))
})
afterEach(() => rm(folder, { recursive: true }))

describe('by hard link', () => {
  test('a link whose answer was lost is taken for made when it is asked for again', async () => {
    await writeFile(at('temporary'), 'mine')
    // What an NFS server has done when its answer is lost; the client asks again, and hears that the name is taken.
    await link(at('temporary'), at('final'))
    await linkPublisher.publish(at('temporary'), at('final'))
    expect(await readdir(folder)).toEqual(['final'])
    expect(await readFile(at('final'), 'utf8')).toBe('mine')
  })

  test('a name that another file has stays that file\u2019s', async () => {
    await writeFile(at('temporary'), 'mine')
    await writeFile(at('final'), 'mine')
    await expect(linkPublisher.publish(at('temporary'), at('final'))).rejects.toEqual(withCode('EEXIST'))
    expect((await readdir(folder)).toSorted()).toEqual(['final', 'temporary'])
  })
})

describe('by lock, where there are no hard links', () => {
  test('writers that know the folder under different names exclude each other', async () => {
    await mkdir(at('store'))
    await symlink(at('store'), at('mounted-elsewhere'))
    const stores = await Promise.all(['store', 'mounted-elsewhere'].map((name) => openDirectoryStore(at(name), { hardLinks: 'never' })))
    for (let round = 0; round < 20; round++) {
      const bytes = Array.from({ length: 6 }, (_, writer) => new TextEncoder().encode(`writer ${writer}`))
      const results = await Promise.allSettled(bytes.map((own, writer) => stores[writer % 2]!.put(`race/${round}`, own)))
      const winners = results.flatMap(({ status }, writer) => (status === 'fulfilled' ? [writer] : []))
      expect(winners, `round ${round}`).toHaveLength(1)
      expect(await stores[0]!.get(`race/${round}`)).toEqual(bytes[winners[0]!])
    }
    for (const store of stores) await store.close()
  })
})
