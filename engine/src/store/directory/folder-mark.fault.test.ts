import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rename, rm, rmdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openDirectoryStore } from './directory-store.ts'
import type { DirectoryStore } from './directory-store.ts'

const text = (value: string): Uint8Array => new TextEncoder().encode(value)
const away = expect.objectContaining({ code: 'store.unavailable' }) as unknown
const run = (...[program = '', ...given]: string[]): void => void execFileSync(program, given, { stdio: 'pipe' })

let folder: string
let store: DirectoryStore
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'holdfast-mark-'))
})
afterEach(async () => {
  await store.close()
  await rm(folder, { recursive: true })
})

const keysOf = async (prefix: string): Promise<string[]> => {
  const keys: string[] = []
  for await (const { key } of store.list(prefix)) keys.push(key)
  return keys
}

/** Everything that may be asked of a store, while another folder is in the place of its own. */
async function expectAllRefused(): Promise<void> {
  await expect(store.put('p/ab/new', text('x'))).rejects.toEqual(away)
  await expect(store.put('top', text('x'))).rejects.toEqual(away)
  await expect(store.stage()).rejects.toEqual(away)
  await expect(store.get('p/ab/1')).rejects.toEqual(away)
  await expect(store.get('p/ab/2', { offset: 0, length: 1 })).rejects.toEqual(away)
  await expect(store.head('p/ab/1')).rejects.toEqual(away)
  await expect(store.head('never')).rejects.toEqual(away)
  await expect(store.delete('p/ab/1')).rejects.toEqual(away)
  await expect(keysOf('')).rejects.toEqual(away)
  await expect(keysOf('p/zz/')).rejects.toEqual(away)
}

async function expectAllServed(): Promise<void> {
  await store.put(`p/ab/new-${crypto.randomUUID()}`, text('x'))
  expect(await store.get('p/ab/1')).toEqual(text('1'))
  expect(await store.head('never')).toBeNull()
  expect(await store.delete('never')).toBe(false)
  expect(await keysOf('p/ab/1')).toEqual(['p/ab/1'])
}

describe('a store whose folder was exchanged', () => {
  let root: string
  beforeEach(async () => {
    root = path.join(folder, 'store')
    store = await openDirectoryStore(root, { create: true, mark: 'vault.json' })
    // Before it has a mark it is filled like any other.
    await store.put('p/ab/1', text('1'))
    await store.put('vault.json', text('{}'))
  })

  test('is away, in every respect, and leaves the folder in its place as it is', async () => {
    const staged = await store.stage()
    await staged.write(text('staged'))
    const another = await store.stage()
    await rename(root, `${root}.away`)
    await mkdir(root)
    await expect(staged.commit('p/ab/staged')).rejects.toEqual(away)
    await expect(another.commit('q/cd/staged')).rejects.toEqual(away)
    await expectAllRefused()
    expect(await readdir(root)).toEqual([])
    await rmdir(root)
    await rename(`${root}.away`, root)
    await expectAllServed()
    expect(await store.head('p/ab/staged')).toBeNull()
    await Promise.all([staged.discard(), another.discard()])
  })

  test('is away also where it is another one with the same folders', async () => {
    await rename(root, `${root}.away`)
    await mkdir(path.join(root, 'p', 'ab'), { recursive: true })
    await mkdir(path.join(root, '+tmp'))
    await expectAllRefused()
    expect((await readdir(root, { recursive: true })).toSorted()).toEqual(['+tmp', 'p', 'p/ab'])
    await rm(root, { recursive: true })
    await rename(`${root}.away`, root)
    await expectAllServed()
  })

  test('counts as marked from when it is opened, too', async () => {
    await store.close()
    store = await openDirectoryStore(root, { mark: 'vault.json' })
    await rename(root, `${root}.away`)
    await mkdir(root)
    await expect(store.put('first', text('x'))).rejects.toEqual(away)
    expect(await readdir(root)).toEqual([])
    await rmdir(root)
    await rename(`${root}.away`, root)
    await store.put('first', text('x'))
  })
})

/** A disk of the kernel's own, which only root may mount. */
function canMountHere(): boolean {
  if (process.getuid?.() !== 0 || process.platform !== 'linux') return false
  try {
    run('unshare', '-m', 'mount', '-t', 'tmpfs', 'tmpfs', tmpdir())
    return true
  } catch {
    return false
  }
}
const canMount = canMountHere()
// oxlint-disable-next-line no-console -- whoever reads the result has to know what was not looked at
if (!canMount) console.warn('SKIPPED: a store on a disk that is unmounted. It takes root and the right to mount.')

describe.skipIf(!canMount)('a store on a disk that is unmounted while it is in use', () => {
  test('writes nothing into the folder that comes to light, and goes on when the disk is back', async () => {
    const disk = path.join(folder, 'disk')
    const root = path.join(folder, 'place')
    await Promise.all([mkdir(disk), mkdir(root)])
    run('mount', '-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', disk)
    let isMounted = false
    const mount = (): void => {
      run('mount', '--bind', disk, root)
      isMounted = true
    }
    const unmount = (): void => {
      run('umount', '-l', root)
      isMounted = false
    }
    try {
      mount()
      store = await openDirectoryStore(root, { mark: 'vault.json' })
      await store.put('vault.json', text('{}'))
      for (const key of ['p/ab/1', 'p/ab/2']) await store.put(key, text(key.slice(-1)))
      const staged = await store.stage()
      await staged.write(text('staged'))
      unmount()
      await expect(staged.commit('p/ab/staged')).rejects.toEqual(away)
      await staged.discard()
      await expectAllRefused()
      expect(await readdir(root)).toEqual([])
      mount()
      await expectAllServed()
      await store.close()
    } finally {
      if (isMounted) unmount()
      run('umount', '-l', disk)
    }
  })
})
