import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, rename, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openDirectoryStore } from './directory-store.ts'
import type { DirectoryStore } from './directory-store.ts'
import { writeFully } from './write-fully.ts'
import type { VectorWriter } from './write-fully.ts'

const text = (value: string): Uint8Array => new TextEncoder().encode(value)
const withCode = (code: string): unknown => expect.objectContaining({ code })
const run = promisify(execFile)
const writerScript = fileURLToPath(new URL('./testing/write-objects.ts', import.meta.url))

let rootPath: string
let store: DirectoryStore
beforeEach(async () => {
  rootPath = await mkdtemp(path.join(tmpdir(), 'holdfast-store-'))
  store = await openDirectoryStore(rootPath)
})
afterEach(async () => {
  await store.close()
  await rm(rootPath, { recursive: true })
})

const temporaryNames = async (): Promise<string[]> => {
  const found = await readdir(path.join(rootPath, '+tmp'), { recursive: true })
  return found.filter((name) => name.includes('/'))
}

describe('directory store', () => {
  test('files and folders are for their owner only, and nothing temporary is left', async () => {
    await store.put('p/aa/x', text('x'))
    expect((await stat(path.join(rootPath, 'p/aa/x'))).mode & 0o777).toBe(0o600)
    for (const folder of ['p', 'p/aa', '+tmp']) expect((await stat(path.join(rootPath, folder))).mode & 0o777).toBe(0o700)
    expect((await stat(path.join(rootPath, 'p/aa/x'))).nlink).toBe(1)
    await expect(store.put('p/aa/x', text('y'))).rejects.toEqual(withCode('store.exists'))
    expect(await temporaryNames()).toEqual([])
    await store.close()
    expect(await readdir(path.join(rootPath, '+tmp'))).toEqual([])
  })

  test('a missing folder is not made unasked: its disk may not be mounted', async () => {
    const missing = path.join(rootPath, 'not/there')
    await expect(openDirectoryStore(missing)).rejects.toEqual(withCode('store.unavailable'))
    await expect(openDirectoryStore(path.join(rootPath, 'p'))).rejects.toEqual(withCode('store.unavailable'))
    const made = await openDirectoryStore(missing, { create: true })
    await made.put('a', text('a'))
    await made.close()
    await writeFile(path.join(rootPath, 'file'), '')
    await expect(openDirectoryStore(path.join(rootPath, 'file'))).rejects.toEqual(withCode('store.unavailable'))
  })

  test('what is no object of ours is neither listed nor in the way', async () => {
    await store.put('p/1', text('1'))
    await symlink('/etc/passwd', path.join(rootPath, 'p/link'))
    await mkdir(path.join(rootPath, 'lost+found'))
    await writeFile(path.join(rootPath, 'lost+found/a'), '')
    await writeFile(path.join(rootPath, 'p/über'), '')
    await writeFile(path.join(rootPath, '+tmp/stray'), '')
    // What NFS and FUSE make of a file that is deleted while somebody has it open.
    for (const deleted of ['.nfs00000000010c83a500000001', '.fuse_hidden0000001c00000001'])
      await writeFile(path.join(rootPath, 'p', deleted), '')
    const keys: string[] = []
    for await (const { key } of store.list('')) keys.push(key)
    expect(keys).toEqual(['p/1'])
  })

  test('a folder removed by somebody is made again', async () => {
    await store.put('p/aa/1', text('1'))
    await rm(path.join(rootPath, 'p'), { recursive: true })
    await store.put('p/aa/2', text('2'))
    expect(await store.get('p/aa/2')).toEqual(text('2'))
  })

  test('a key below an object is an error and harms nothing', async () => {
    await store.put('a', text('1'))
    await expect(store.put('a/b', text('2'))).rejects.toEqual(withCode('store.io-error'))
    await store.put('c/d', text('3'))
    await expect(store.put('c', text('4'))).rejects.toEqual(withCode('store.exists'))
    expect(await store.get('a')).toEqual(text('1'))
    expect(await temporaryNames()).toEqual([])
  })

  test('a truncated file is told, whole reads give what is there', async () => {
    await store.put('p/1', new Uint8Array(100))
    await writeFile(path.join(rootPath, 'p/1'), new Uint8Array(40))
    await expect(store.get('p/1', { offset: 30, length: 20 })).rejects.toEqual(withCode('store.io-error'))
    expect(await store.get('p/1')).toHaveLength(40)
  })

  test('a commit whose temporary file was taken away fails and shows nothing', async () => {
    const staged = await store.stage()
    await staged.write(text('x'))
    await rm(path.join(rootPath, '+tmp'), { recursive: true })
    await expect(staged.commit('p/1')).rejects.toEqual(withCode('store.unavailable'))
    expect(await store.head('p/1')).toBeNull()
    await staged.discard()
    await store.put('p/1', text('again'))
    expect(await store.get('p/1')).toEqual(text('again'))
  })

  test('a store whose folder is gone says so and does not make it again: its disk may have been unmounted', async () => {
    await store.put('p/1', text('x'))
    await rename(rootPath, `${rootPath}-away`)
    await expect(store.put('p/2', text('x'))).rejects.toEqual(withCode('store.unavailable'))
    await expect(stat(rootPath)).rejects.toEqual(withCode('ENOENT'))
    await rename(`${rootPath}-away`, rootPath)
    await store.put('p/2', text('x'))
    await expect(openDirectoryStore('/proc/holdfast/store', { create: true })).rejects.toEqual(withCode('store.unavailable'))
  })

  test('short writes go on where the file system stopped', async () => {
    const written: number[] = []
    // Takes at most five bytes at a time, as write(2) may.
    const handle: VectorWriter = {
      async writev(given, position) {
        const bytes = Buffer.concat(given).subarray(0, 5)
        for (const [i, byte] of bytes.entries()) written[position + i] = byte
        return { bytesWritten: bytes.length }
      },
    }
    const pieces = ['abc', '', 'defghijkl', 'm', 'nopqrst'].map(text)
    await writeFully(handle, pieces, 0)
    expect(Buffer.from(written).toString()).toBe('abcdefghijklmnopqrst')
    await expect(writeFully({ writev: async () => ({ bytesWritten: 0 }) }, pieces, 0)).rejects.toEqual(withCode('EIO'))
  })
})

describe('directory store after a crash', () => {
  test('killed at any moment, every object is whole or absent, and the next writer clears up', async () => {
    for (let round = 0; round < 6; round++) {
      const child = spawn(process.execPath, ['-C', '@holdfast/source', writerScript, rootPath, `r${round}`], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const exited = once(child, 'exit')
      await once(child.stdout, 'data')
      await new Promise((resolve) => setTimeout(resolve, 15 * round))
      child.kill('SIGKILL')
      await exited
    }
    let count = 0
    for await (const { key } of store.list('')) {
      // Each object is 64 KiB of the number in its key.
      const bytes = await store.get(key)
      expect(bytes, key).toEqual(new Uint8Array(65_536).fill(Number(key.split('-').at(-1)) & 0xff))
      count++
    }
    // Of each round one at least was acknowledged; how many more is the disk's to say.
    expect(count).toBeGreaterThanOrEqual(6)
    await store.put('after', text('x'))
    expect(await readdir(path.join(rootPath, '+tmp'))).toHaveLength(1)
  })

  test('left-overs of the living and of strangers stay, those of the dead and of old strangers go', async () => {
    const temporaryPath = path.join(rootPath, '+tmp')
    await store.put('a', text('a'))
    const [own] = await readdir(temporaryPath)
    const [place, , start] = String(own).split('.')
    const living = `${place}.${process.pid}.${start}.aaaa`
    const pidUsedAgain = `${place}.${process.pid}.1.bbbb`
    const { stdout } = await run(process.execPath, ['-p', 'process.pid'])
    const dead = `${place}.${stdout.trim()}.5.cccc`
    const stranger = `0000000000000000.1.1.dddd`
    const oldStranger = `1111111111111111.1.1.eeee`
    for (const name of [living, pidUsedAgain, dead, stranger, oldStranger]) {
      await mkdir(path.join(temporaryPath, name))
      await writeFile(path.join(temporaryPath, name, 'file'), '')
    }
    await writeFile(path.join(temporaryPath, 'lock-1'), dead)
    await writeFile(path.join(temporaryPath, 'lock-2'), living)
    const twoDaysAgoS = Date.now() / 1000 - 2 * 86_400
    for (const name of [path.join(oldStranger, 'file'), oldStranger, living])
      await utimes(path.join(temporaryPath, name), twoDaysAgoS, twoDaysAgoS)
    const next = await openDirectoryStore(rootPath)
    await next.get('a')
    expect(await readdir(temporaryPath), 'reading removes nothing').toHaveLength(8)
    await next.put('b', text('b'))
    await next.close()
    expect((await readdir(temporaryPath)).toSorted()).toEqual([String(own), living, stranger, 'lock-2'].toSorted())
  })

  test('a lock that its writer holds makes others wait and then say so', async () => {
    const locking = await openDirectoryStore(rootPath, { hardLinks: 'never' })
    await locking.put('a', text('a'))
    const held = path.join(rootPath, '+tmp', `lock-${await sha256Hex('b')}`)
    await writeFile(held, 'somebody')
    const waiting = locking.put('b', text('b'))
    await new Promise((resolve) => setTimeout(resolve, 100))
    await rm(held)
    await waiting
    await writeFile(path.join(rootPath, '+tmp', `lock-${await sha256Hex('c')}`), 'somebody')
    await expect(locking.put('c', text('c'))).rejects.toEqual(withCode('store.unavailable'))
    expect(await locking.head('c')).toBeNull()
    await locking.close()
  })
})

/** In a mount and user namespace of its own, so that a small disk can be made without being root. */
async function onSmallDisk(script: string): Promise<string[]> {
  const command = `mount -t tmpfs -o size=256k tmpfs "$0" && exec "$1" -C @holdfast/source "$2" "$0"`
  const { stdout } = await run('unshare', [
    '-rm',
    'sh',
    '-c',
    command,
    rootPath,
    process.execPath,
    fileURLToPath(new URL(script, import.meta.url)),
  ])
  return stdout.trim().split('\n')
}
// A container may forbid namespaces of its own, and with them the small disk.
const canMount = await run('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'tmpfs', tmpdir()]).then(
  () => true,
  () => false,
)

// Needs the right to mount a small file system.
describe.skipIf(!canMount)('directory store on a disk that refuses', () => {
  test('a full disk is told as such, leaves nothing visible, and serves again once there is room', async () => {
    expect(await onSmallDisk('./testing/fill-disk.ts')).toEqual([
      'first stored',
      'big: store.full, absent',
      'staged: store.full, absent',
      'small stored',
      'first intact',
    ])
  })
})

async function sha256Hex(value: string): Promise<string> {
  return Buffer.from(await crypto.subtle.digest('SHA-256', text(value))).toString('hex')
}
