import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Health } from '@holdfast/shared-types'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { HubDoor } from '../stack/hub-door.ts'
import { makeScratchFolder } from '../stack/scratch-folder.ts'
import { startStack, type Stack } from '../stack/start-stack.ts'
import { makeLoopDisk } from './disks/loop-disk.ts'

/* A real hub whose vault lies on a disk of its own, which is unmounted under a backup. */

const patience = { timeout: 150_000, interval: 100 }
const disk = makeLoopDisk('2G')
// oxlint-disable-next-line no-console -- whoever reads the result has to know what was not looked at
if (disk === null) console.warn('SKIPPED: a hub whose disk is unmounted. It takes root, loop devices and mkfs.ext4.')

describe.skipIf(disk === null)('a hub whose vault lies on a disk that is unmounted while it works', () => {
  let stack: Stack
  let elsewhere: ReturnType<typeof makeScratchFolder>
  let door: HubDoor
  let source: string

  beforeEach(async () => {
    elsewhere = makeScratchFolder()
    source = join(elsewhere.path, 'source')
    mkdirSync(source)
    stack = await startStack({ storeUrl: `file://${disk!.path}/store` })
    door = await HubDoor.signIn(stack.origin, stack.signInLink)
  })
  afterEach(async () => {
    await stack.stop()
    elsewhere.remove()
    disk!.remove()
  })
  const store = async () => {
    const answer = await fetch(`${stack.origin}/health`, { headers: { cookie: door.cookie } })
    return ((await answer.json()) as Health).details?.checks['store']
  }

  test(
    'writes nothing below, says which folder is missing, lets the backup wait, and goes on when it is back',
    { timeout: 600_000 },
    async () => {
      const { id: agentId } = await door.device()
      for (let n = 0; n < 30; n++) writeFileSync(join(source, `file-${n}`), randomBytes(8 * 1024 * 1024))
      const run = await door.order(agentId, { kind: 'backup', sources: [{ path: source }], full: false })
      await expect.poll(async () => (await door.run(run.id)).progress?.bytesStored ?? 0, patience).toBeGreaterThan(0)
      disk!.unmount()
      await expect.poll(async () => (await door.run(run.id)).waitsFor?.code, patience).toBe('store.unavailable')
      expect(await store()).toMatchObject({
        status: 'failing',
        code: 'store.not-mounted',
        params: { folder: expect.stringContaining(disk!.path) as string },
      })
      expect(readdirSync(disk!.path)).toEqual([])
      // Also where somebody has made the folders: they are empty, and not the vault's.
      mkdirSync(join(disk!.path, 'store'))
      await new Promise((resolve) => setTimeout(resolve, 7_000))
      expect(readdirSync(join(disk!.path, 'store'))).toEqual([])
      disk!.mount()
      await expect.poll(async () => (await door.run(run.id)).state, patience).toBe('succeeded')
      expect(await store()).toMatchObject({ status: 'ok' })
      expect(await stack.holdfastHub(['fsck'])).toMatchObject({ ok: true, problems: [] })
      expect(existsSync(join(disk!.path, 'store', 'holdfast-store.json'))).toBe(true)

      // A start without the disk is refused; with it, everything is there.
      await stack.hub().stop()
      disk!.unmount()
      await expect(stack.startHub()).rejects.toThrow('The vault is not in its store')
      expect(readdirSync(join(disk!.path, 'store'))).toEqual([])
      disk!.mount()
      await stack.startHub()
      expect(await door.snapshots()).toHaveLength(1)
    },
  )
})
