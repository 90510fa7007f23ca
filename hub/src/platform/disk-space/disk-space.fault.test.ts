import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { LogFields, Logger } from '../logging/logger.ts'
import { giveUpReserveIfScarce } from './disk-reserve.ts'
import { DiskSpace } from './disk-space.ts'

/* Disks of 512 MiB: a reserve of 16 MiB, low below 32 MiB, scarce below 4 MiB. */

const mebibyte = 1024 * 1024
const run = (program: string, ...given: string[]): void => void execFileSync(program, given, { stdio: 'pipe' })

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
if (!canMount) console.warn('SKIPPED: space and reserve of a small disk. They take root and the right to mount.')

describe.skipIf(!canMount)('a disk of 512 MiB', () => {
  let folder: string
  let space: DiskSpace
  let events: string[]
  const at = (...parts: string[]): string => path.join(folder, ...parts)
  const data = (): string => at('data')
  const store = (): string => at('store')
  const reserveOf = (disk: string): number => statSync(path.join(disk, 'reserve'), { throwIfNoEntry: false })?.size ?? 0
  const freeOf = async (disk: string): Promise<number> => {
    const { bavail, bsize } = await statfs(disk)
    return bavail * bsize
  }
  /** As other programs do it. */
  async function leave(disk: string, bytes: number, name = 'filler'): Promise<void> {
    rmSync(path.join(disk, name), { force: true })
    const fill = (await freeOf(disk)) - bytes
    if (fill > 0) run('fallocate', '-l', String(fill), path.join(disk, name))
  }
  const until = async (isSo: () => boolean | Promise<boolean>): Promise<void> => expect.poll(isSo, { interval: 10 }).toBe(true)

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'holdfast-space-'))
    for (const disk of [data(), store()]) {
      mkdirSync(disk)
      run('mount', '-t', 'tmpfs', '-o', 'size=512m', 'tmpfs', disk)
    }
    events = []
    const note = ({ event }: LogFields): void => void events.push(event)
    const log: Logger = { debug: () => undefined, info: note, warn: note, error: note }
    space = new DiskSpace({ log, everyMs: 20 })
  })
  afterEach(async () => {
    await space.stop()
    for (const disk of [data(), store()]) run('umount', '-l', disk)
    rmSync(folder, { recursive: true })
  })
  const watchBoth = async (requireThere?: () => Promise<void>): Promise<void> => {
    await space.watch({ use: 'database', folder: data(), reserveFile: path.join(data(), 'reserve') })
    const place = { use: 'store', folder: store(), reserveFile: path.join(store(), 'reserve') } as const
    await space.watch(requireThere === undefined ? place : { ...place, requireThere })
  }

  test('gets a reserve that really takes its bytes, and keeps it over restarts', async () => {
    await watchBoth()
    const before = await freeOf(store())
    space.start()
    await until(() => reserveOf(data()) === 16 * mebibyte && reserveOf(store()) === 16 * mebibyte)
    expect(before - (await freeOf(store()))).toBeGreaterThanOrEqual(16 * mebibyte)
    await space.stop()
    expect(reserveOf(store())).toBe(16 * mebibyte)
    expect(space.states().map(({ isLow, isScarce }) => [isLow, isScarce])).toEqual([
      [false, false],
      [false, false],
    ])
  })

  test('where store and database lie on one disk, there is one reserve', async () => {
    mkdirSync(path.join(data(), 'store'))
    await space.watch({ use: 'database', folder: data(), reserveFile: path.join(data(), 'reserve') })
    await space.watch({ use: 'store', folder: path.join(data(), 'store'), reserveFile: path.join(data(), 'store', 'reserve') })
    space.start()
    await until(() => reserveOf(data()) === 16 * mebibyte)
    expect(readdirSync(path.join(data(), 'store'))).toEqual([])
    expect(space.states()).toMatchObject([{ folder: data(), uses: ['database', 'store'] }])
    expect(space.stateOf('store')).toEqual(space.stateOf('database'))
  })

  test('refuses bulk data while there is still room for everything else, and takes it again when there is more', async () => {
    await watchBoth()
    space.start()
    await until(() => reserveOf(store()) === 16 * mebibyte)
    ;(await space.requireRoom(16 * mebibyte))()
    await leave(store(), 44 * mebibyte)
    // 44 MiB are free, of which 32 are not for packs.
    const first = await space.requireRoom(8 * mebibyte)
    writeFileSync(path.join(store(), 'first'), Buffer.alloc(8 * mebibyte, 1))
    await expect(space.requireRoom(8 * mebibyte)).rejects.toMatchObject({
      code: 'store.full',
      context: { freeBytes: expect.any(Number) as number },
    })
    first()
    expect(space.stateOf('store')).toMatchObject({ isLow: true, isScarce: false })
    expect(space.stateOf('database')).toMatchObject({ isLow: false })
    await leave(store(), 200 * mebibyte)
    ;(await space.requireRoom(16 * mebibyte))()
    expect(space.stateOf('store')).toMatchObject({ isLow: false })
    expect(events).toEqual(['disk.low', 'disk.roomy'])
  })

  test('the reserve is given up for what people change and what makes room, and is made again when there is room', async () => {
    await watchBoth()
    space.start()
    await until(() => reserveOf(store()) === 16 * mebibyte)
    await leave(store(), 0)
    expect(() => writeFileSync(path.join(store(), 'row'), Buffer.alloc(mebibyte, 1))).toThrow('ENOSPC')
    await space.withReserve(async () => {
      writeFileSync(path.join(store(), 'row'), Buffer.alloc(mebibyte, 1))
      // However long it takes, nobody takes the room back meanwhile, and none of it is for packs.
      await new Promise((resolve) => setTimeout(resolve, 100))
      expect(reserveOf(store())).toBe(0)
      await expect(space.requireRoom(mebibyte)).rejects.toMatchObject({ code: 'store.full' })
    })
    expect(events).toContain('disk.reserve-given-up')
    // As far as there is room: 8 of what is left stay for what the hub does all the time.
    await until(() => reserveOf(store()) > 0)
    expect(reserveOf(store())).toBeLessThanOrEqual(8 * mebibyte)
    await leave(store(), 100 * mebibyte)
    await until(() => reserveOf(store()) === 16 * mebibyte)
  })

  test('half of the database\u2019s reserve is given up by itself, bit by bit: Postgres has to be able to write its log', async () => {
    await watchBoth()
    space.start()
    await until(() => reserveOf(data()) === 16 * mebibyte && reserveOf(store()) === 16 * mebibyte)
    for (const disk of [data(), store()]) await leave(disk, 0)
    await until(() => reserveOf(data()) === 8 * mebibyte)
    for (const name of ['more', 'and more']) await leave(data(), 0, name)
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect([reserveOf(data()), reserveOf(store())]).toEqual([8 * mebibyte, 16 * mebibyte])
    await space.makeWay()
    expect([reserveOf(data()), reserveOf(store())]).toEqual([0, 0])
  })

  test('no reserve is made in a folder that is not the store\u2019s', async () => {
    let isMounted = false
    await watchBoth(async () => {
      if (!isMounted) throw new Error('not mounted')
    })
    space.start()
    await until(() => reserveOf(data()) === 16 * mebibyte)
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(readdirSync(store())).toEqual([])
    isMounted = true
    await until(() => reserveOf(store()) === 16 * mebibyte)
  })

  test('a start on a full disk gives up the reserve first; on one with room it stays', async () => {
    await watchBoth()
    space.start()
    await until(() => reserveOf(data()) === 16 * mebibyte)
    await space.stop()
    const file = path.join(data(), 'reserve')
    giveUpReserveIfScarce(file)
    expect(reserveOf(data())).toBe(16 * mebibyte)
    await leave(data(), 0)
    giveUpReserveIfScarce(file)
    expect(await freeOf(data())).toBeGreaterThanOrEqual(16 * mebibyte)
    giveUpReserveIfScarce(file)
  })
})
