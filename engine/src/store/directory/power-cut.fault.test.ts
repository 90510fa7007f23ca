import { execFileSync, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { copyFile, link, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openDirectoryStore } from './directory-store.ts'
import type { DirectoryStore } from './directory-store.ts'

/**
 * A power failure, played for real: the store lies on an ext4 in an image file, and a copy of that file taken at any moment holds
 * exactly what had reached the "disk" by then. Mounting the copy replays the journal as a start after the failure would.
 */
// Mounting an image takes root and loop devices, which a container may not have.
const canUseLoopDevices = process.getuid?.() === 0 && existsSync('/dev/loop-control') && existsSync('/usr/sbin/mkfs.ext4')
const runQuietly = (program: string, ...programArguments: string[]): Buffer =>
  execFileSync(program, programArguments, { stdio: ['ignore', 'pipe', 'pipe'] })

// Needs root and loop devices, which containers seldom have.
describe.skipIf(!canUseLoopDevices)('directory store when the power fails', () => {
  let folder: string
  let mounted: string[]
  let store: DirectoryStore
  let writer: ChildProcess | undefined

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'holdfast-power-'))
    mounted = []
    writer = undefined
    runQuietly('truncate', '-s', '64M', path.join(folder, 'disk'))
    runQuietly('/usr/sbin/mkfs.ext4', '-q', path.join(folder, 'disk'))
    // Ten minutes between commits of the journal: nothing gets to the disk by itself during a test.
    store = await openDirectoryStore(path.join(await mount('disk', 'commit=600'), 'store'), { create: true })
  })
  afterEach(async () => {
    if (writer !== undefined) await kill(writer)
    await store.close()
    for (const mountPath of mounted) runQuietly('umount', mountPath)
    await rm(folder, { recursive: true })
  })

  async function mount(image: string, options: string): Promise<string> {
    const mountPath = path.join(folder, `${image}.mounted`)
    await mkdir(mountPath)
    runQuietly('mount', '-o', `loop,${options}`, path.join(folder, image), mountPath)
    mounted.push(mountPath)
    return mountPath
  }

  /** The disk as it is now, mounted after a restart. */
  async function cutPower(name: string): Promise<string> {
    await copyFile(path.join(folder, 'disk'), path.join(folder, name))
    return path.join(await mount(name, 'rw'), 'store')
  }

  test('the method sees a difference: what was only written is not there afterwards', async () => {
    await store.put('first', new Uint8Array(10))
    await writeFile(path.join(folder, 'disk.mounted/store/unsynced'), new Uint8Array(100_000).fill(1))
    expect(await readdir(await cutPower('after'))).not.toContain('unsynced')
  })

  test('an object that was acknowledged is there, whole, the moment its put or commit resolves', async () => {
    const bytesByKey = new Map<string, Uint8Array>()
    for (const [round, key] of ['vault.json', 'p/aa/1', 'p/aa/2', 's/agent/1'].entries()) {
      const bytes = new Uint8Array(300_000).fill(round + 1)
      if (round % 2 === 0) await store.put(key, bytes)
      else {
        const staged = await store.stage()
        await staged.write(bytes)
        await staged.commit(key)
      }
      bytesByKey.set(key, bytes)
      const afterwards = await openDirectoryStore(await cutPower(`cut-${round}`))
      for (const [storedKey, stored] of bytesByKey) expect(await afterwards.get(storedKey), storedKey).toEqual(stored)
      await afterwards.close()
    }
  })

  test('a deletion that was kept is one afterwards, and only that is sure', async () => {
    for (const key of ['s/a/1', 's/b/1', 'p/a/1']) await store.put(key, new Uint8Array(10))
    await store.delete('p/a/1')
    // Nothing but time would take it from the disk.
    expect(await readdir(path.join(await cutPower('before'), 'p/a'))).toEqual(['1'])
    for (const key of ['s/a/1', 's/b/1']) await store.delete(key)
    await store.makeDurable(['s/a/1', 's/b/1'])
    const afterwards = await openDirectoryStore(await cutPower('after'))
    expect([await afterwards.head('s/a/1'), await afterwards.head('s/b/1')]).toEqual([null, null])
    await afterwards.close()
  })

  test('an object whose writer was killed before its last step is there afterwards once somebody makes it durable', async () => {
    await store.put('s/a/1', new Uint8Array(10))
    const storePath = path.join(folder, 'disk.mounted/store')
    await link(path.join(storePath, 's/a/1'), path.join(storePath, 's/a/2'))
    expect(await readdir(path.join(await cutPower('before'), 's/a'))).toEqual(['1'])
    expect(await store.head('s/a/2')).not.toBeNull()
    await store.makeDurable(['s/a/2'])
    expect(await readdir(path.join(await cutPower('after'), 's/a'))).toEqual(['1', '2'])
  })

  test('a power failure while a program writes leaves what was acknowledged, and only whole objects', async () => {
    const program = fileURLToPath(new URL('./testing/write-objects.ts', import.meta.url))
    const child = spawn(process.execPath, ['-C', '@holdfast/source', program, path.join(folder, 'disk.mounted/store'), 'w'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    writer = child
    let acknowledged = 0
    child.stdout.on('data', (dots: Buffer) => (acknowledged += dots.length))
    await Promise.race([once(child.stdout, 'data'), once(child, 'exit')])
    for (let cut = 0; cut < 4; cut++) {
      child.kill('SIGCONT')
      await delay(5 + 7 * cut)
      // Stopped, not killed: a copy of a disk that is being written would show a state that never was.
      await stopAllThreads(Number(child.pid))
      const acknowledgedBefore = acknowledged
      const afterwards = await openDirectoryStore(await cutPower(`cut-${cut}`))
      const numbers: number[] = []
      for await (const { key } of afterwards.list('')) {
        const number = Number(key.split('-')[1])
        expect(await afterwards.get(key), key).toEqual(new Uint8Array(65_536).fill(number & 0xff))
        numbers.push(number)
      }
      expect(numbers.toSorted((left, right) => left - right).slice(0, acknowledgedBefore)).toEqual(
        Array.from({ length: acknowledgedBefore }, (_, i) => i),
      )
      await afterwards.close()
    }
  })
})

/** Its open files would keep the disk mounted. */
async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

async function stopAllThreads(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP')
  const isStopped = async (thread: string): Promise<boolean> => {
    // One that has ended writes nothing either.
    const stat = await readFile(`/proc/${pid}/task/${thread}/stat`, 'utf8').catch(() => ') T')
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('T')
  }
  for (;;) {
    const states = await Promise.all((await readdir(`/proc/${pid}/task`)).map(isStopped))
    if (states.every(Boolean)) return
    await delay(1)
  }
}
