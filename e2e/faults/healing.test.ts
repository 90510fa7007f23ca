import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DamagedPath, Run, Vault, VaultCare } from '@holdfast/shared-types'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { HubDoor } from '../stack/hub-door.ts'
import { startStack, type Stack } from '../stack/start-stack.ts'

/* A real hub and a real agent, and a disk that turned bits: what the device still has is asked of it and comes back, what it has not stays named. */

const patience = { timeout: 120_000, interval: 100 }
let stack: Stack
let door: HubDoor
let source: string
let vaultId: string

beforeEach(async () => {
  stack = await startStack()
  door = await HubDoor.signIn(stack.origin, stack.signInLink)
  source = join(stack.folder, 'source')
  mkdirSync(source)
})
afterEach(() => stack.stop())

const damaged = async (): Promise<DamagedPath[]> => (await door.get<{ items: DamagedPath[] }>(`/vaults/${vaultId}/damaged-paths`)).items
const heals = async (): Promise<Run[]> => (await door.get<{ items: Run[] }>('/runs')).items.filter(({ trigger }) => trigger === 'heal')

/** A bit of the first and of the last segment of every pack with content. */
function turnBits(): void {
  const packs = join(stack.folder, 'data', 'store', vaultId, 'p')
  for (const entry of readdirSync(packs, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    const bytes = readFileSync(path)
    if (bytes.length < 1_000_000) continue
    for (const at of [200, bytes.length - 50_000]) bytes[at]! ^= 1
    chmodSync(path, 0o600)
    writeFileSync(path, bytes)
  }
}

test(
  'a device is asked for what is damaged: unchanged files are read again and heal, and what is gone stays lost',
  { timeout: 300_000 },
  async () => {
    for (let n = 0; n < 8; n++) writeFileSync(join(source, `file-${n}`), randomBytes(900_000))
    // A file that was written a moment ago is read again whatever is asked.
    await sleep(2500)
    const { id: agentId } = await door.device()
    const made = await door.send('POST', '/plans', { agentId, name: 'Source', sources: [{ path: source }] })
    const { id: planId } = (await made.json()) as { id: string }
    const first = (await (await door.send('POST', `/plans/${planId}/runs`, {})).json()) as Run
    await expect.poll(async () => (await door.run(first.id)).state, patience).toBe('succeeded')
    vaultId = (await door.get<{ items: Vault[] }>('/vaults')).items[0]?.id ?? ''

    turnBits()
    await stack.agent().stop()
    await door.send('POST', `/vaults/${vaultId}/care/scrub`, {})
    await expect.poll(async () => (await heals()).length, patience).toBe(1)
    const named = [...new Set((await damaged()).map(({ path }) => path))]
    expect(named.length).toBeGreaterThan(1)
    // One of them is deleted before the device comes back.
    const [gone = '', ...left] = named
    rmSync(gone)
    await stack.startAgent()
    const [heal] = await heals()
    await expect.poll(async () => (await door.run(heal!.id)).state, patience).toBe('succeeded')
    const { result } = await door.run(heal!.id)
    // Read were those that are damaged, and no others.
    expect(result).toMatchObject({ backupKind: 'incremental', filesRead: left.length })

    await expect
      .poll(async () => new Set((await damaged()).map(({ path, healing }) => `${path} ${healing}`)), patience)
      .toEqual(new Set([`${gone} gone`, ...left.map((path) => `${path} healed`)]))
    const care = await door.get<VaultCare>(`/vaults/${vaultId}/care`)
    expect(care.works.find(({ kind }) => kind === 'healing')?.last).toMatchObject({
      state: 'damaged',
      counts: { snapshots: 1, problems: 1 },
    })
    expect(await heals()).toHaveLength(1)
    // The old snapshot gives all back but the one.
    const old = (await door.run(first.id)).result
    const target = join(stack.folder, 'restored')
    await stack.tryHoldfast(['restore', old?.kind === 'backup' ? (old.snapshotId ?? '') : '', '--target', target])
    for (const path of left) expect(readFileSync(join(target, path)).equals(readFileSync(path))).toBe(true)
    expect(existsSync(join(target, gone))).toBe(false)
  },
)
