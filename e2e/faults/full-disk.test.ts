import { randomBytes } from 'node:crypto'
import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Health, Plan, Run, VaultDetails } from '@holdfast/shared-types'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { HubDoor } from '../stack/hub-door.ts'
import { makeScratchFolder } from '../stack/scratch-folder.ts'
import { startStack, type Stack } from '../stack/start-stack.ts'
import { makeLoopDisk } from './disks/loop-disk.ts'

/* A real hub with its Postgres and its vault on an ext4 of 2 GiB: a reserve of 64 MiB, low below 128 MiB, scarce below 16 MiB. */

const mebibyte = 1024 * 1024
const patience = { timeout: 150_000, interval: 200 }
const disk = makeLoopDisk('2G')
// oxlint-disable-next-line no-console -- whoever reads the result has to know what was not looked at
if (disk === null) console.warn('SKIPPED: a hub on a full disk. It takes root, loop devices and mkfs.ext4.')

describe.skipIf(disk === null)('a hub whose disk is full', () => {
  let stack: Stack
  let elsewhere: ReturnType<typeof makeScratchFolder>
  let door: HubDoor
  let source: string

  beforeEach(async () => {
    elsewhere = makeScratchFolder()
    source = join(elsewhere.path, 'source')
    mkdirSync(source)
    // The agent's state is not on that disk: it is another machine's.
    stack = await startStack({ parentFolder: disk!.path, agentHome: join(elsewhere.path, 'agent') })
    door = await HubDoor.signIn(stack.origin, stack.signInLink)
  })
  afterEach(async () => {
    disk!.empty()
    await stack.stop()
    elsewhere.remove()
    disk!.remove()
  })

  const addFiles = (name: string, count: number): void => {
    for (let n = 0; n < count; n++) writeFileSync(join(source, `${name}-${n}`), randomBytes(8 * mebibyte))
  }
  /** A 32nd of the disk, as the hub sees its size. */
  const wholeReserve = (): number => Math.floor(disk!.sizeBytes() / 32)
  const reserve = (): number => statSync(join(stack.folder, 'data', 'reserve'), { throwIfNoEntry: false })?.size ?? 0
  async function send<T>(method: 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<T> {
    const answer = await door.send(method, path, body)
    const text = await answer.text()
    expect(answer.ok, `${method} ${path}: ${answer.status} ${text}`).toBe(true)
    return (text === '' ? null : JSON.parse(text)) as T
  }
  const aPlan = async (name: string): Promise<Plan> => {
    const { id: agentId } = await door.device()
    return send<Plan>('POST', '/plans', { agentId, name, sources: [{ path: join(source, name) }] })
  }
  async function rename({ id }: Plan, name: string): Promise<Plan> {
    const { revision, sources, retries, timeoutMs, shrinkLimitPercent, isEnabled } = await door.get<Plan>(`/plans/${id}`)
    const change = { revision, name, sources, retries, timeoutMs, shrinkLimitPercent, isEnabled }
    return send<Plan>('PUT', `/plans/${id}`, { ...change, exclude: [], presets: [], oneFileSystem: false, excludeCaches: false })
  }
  const waitsFor = async ({ id }: Run): Promise<string | null> => (await door.run(id)).waitsFor?.code ?? null
  const space = async () => {
    const answer = await fetch(`${stack.origin}/health`, { headers: { cookie: door.cookie } })
    return ((await answer.json()) as Health).details?.checks['space']
  }

  test('lets backups wait and says so, can be changed with no byte free, and goes on by itself', { timeout: 600_000 }, async () => {
    const { id: agentId } = await door.device()
    const order = { kind: 'backup' as const, sources: [{ path: source }], full: false }
    addFiles('first', 2)
    const first = await door.order(agentId, order)
    await expect.poll(async () => (await door.run(first.id)).state, patience).toBe('succeeded')
    const [kept, dropped] = [await aPlan('kept'), await aPlan('dropped')]
    await expect.poll(reserve, patience).toBe(wholeReserve())
    expect(await space()).toMatchObject({ status: 'ok' })

    // Low: bulk data is refused while there is room for everything else.
    disk!.leave(140 * mebibyte)
    addFiles('second', 12)
    const waiting = await door.order(agentId, order)
    await expect.poll(() => waitsFor(waiting), patience).toBe('store.full')
    expect(disk!.freeBytes()).toBeGreaterThan(100 * mebibyte)
    expect(await space()).toMatchObject({ status: 'warning', code: 'disk.low', params: { freeBytes: expect.any(Number) as number } })
    const { items } = await door.get<{ items: { id: string }[] }>('/vaults')
    expect((await door.get<VaultDetails>(`/vaults/${items[0]?.id}`)).store).toMatchObject({ isReachable: true, isLow: true })
    await expect.poll(async () => (await door.log(waiting.id)).map(({ event }) => event), patience).toContain('run.waiting')
    const status = await stack.holdfast<{ runs: { waitsFor: { code: string } | null }[] }>(['status'])
    expect(status.runs).toMatchObject([{ waitsFor: { code: 'store.full' } }])

    // Not a byte: another program takes everything, also what half of the reserve gave the database.
    await expect
      .poll(() => {
        disk!.fill()
        return [reserve(), disk!.freeBytes()]
      }, patience)
      .toEqual([Math.floor(wholeReserve() / 2), 0])
    expect(() => writeFileSync(join(disk!.path, 'anything'), Buffer.alloc(mebibyte, 1))).toThrow('ENOSPC')
    // The first changes find room in what tables have already; so many do not.
    for (let change = 0; change < 80; change++) await rename(kept, `name ${change}`)
    expect(await rename(kept, 'renamed')).toMatchObject({ name: 'renamed' })
    expect([reserve(), stack.hub().output().includes('disk.reserve-given-up')]).toEqual([0, true])
    await send('DELETE', `/plans/${dropped.id}`)
    const { items: plans } = await door.get<{ items: Plan[] }>('/plans')
    expect(plans.map(({ name }) => name)).toEqual(['renamed'])
    expect(await waitsFor(waiting)).toBe('store.full')

    // Room again: it goes on by itself, and the reserve is made again.
    disk!.empty()
    await expect.poll(async () => (await door.run(waiting.id)).state, patience).toBe('succeeded')
    expect(await door.run(waiting.id)).toMatchObject({ waitsFor: null, warningCount: 0 })
    await expect.poll(reserve, patience).toBe(wholeReserve())
    expect(await space()).toMatchObject({ status: 'ok' })

    // A start on a full disk lives on the reserve, too.
    await stack.hub().stop()
    disk!.fill()
    await stack.startHub()
    expect(await rename(kept, 'again')).toMatchObject({ name: 'again' })
    disk!.empty()
    expect(await stack.holdfastHub(['fsck'])).toMatchObject({ ok: true, problems: [] })
  })
})
