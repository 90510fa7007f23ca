import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { startLineProcess } from '../platform/lifecycle/testing/line-process.ts'

/* A first start of a real hub, in a mount namespace of its own: there /etc/fstab names a disk that is not mounted. */

// Real processes on a machine that may be busy with the other suites.
vi.setConfig({ testTimeout: 120_000 })
const bin = fileURLToPath(new URL('../../bin/holdfast-hub.js', import.meta.url))

let parent: string
beforeEach(() => {
  parent = mkdtempSync(path.join(tmpdir(), 'holdfast-unmounted-'))
  chmodSync(parent, 0o755)
  mkdirSync(at('disk'))
  writeFileSync(at('fstab'), `UUID=1 ${at('disk')} ext4 defaults 0 2\n`)
})
afterEach(() => rmSync(parent, { recursive: true }))

const at = (...parts: string[]): string => path.join(parent, ...parts)

interface Answer {
  readonly exit: number | NodeJS.Signals | null
  readonly error?: { readonly code: string; readonly message: string; readonly cure: string }
}

/** A command of the hub that ends by itself. @param prepare shell commands in its namespace, before it */
async function command(prepare: string, env: NodeJS.ProcessEnv): Promise<Answer> {
  const script = `mount --bind "${at('fstab')}" /etc/fstab && ${prepare} && exec "$0" "$@"`
  const launched = startLineProcess('unshare', ['-m', 'sh', '-c', script, process.execPath, bin, 'enrol-token', 'create', '--json'], {
    env: { ...process.env, HOLDFAST_PORT: '0', DATABASE_URL: undefined, HOLDFAST_PUBLIC_URL: undefined, ...env },
  })
  const answer = JSON.parse(await launched.nextLine()) as Omit<Answer, 'exit'>
  return { ...answer, exit: await launched.ended }
}

function canMountHere(): boolean {
  try {
    execFileSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'pipe' })
    return process.getuid?.() === 0
  } catch {
    return false
  }
}
const canMount = canMountHere()
// oxlint-disable-next-line no-console -- whoever reads the result has to know what was not looked at
if (!canMount) console.warn('SKIPPED: first starts with a disk that is not mounted. They take root and the right to mount.')

describe.skipIf(!canMount)('a first start', () => {
  test('makes no vault in the folder of a disk that is not mounted, and one when it is', async () => {
    const env = { HOLDFAST_DATA: at('data'), HOLDFAST_STORE: `file://${at('disk', 'store')}` }
    const refused = await command('true', env)
    expect(refused).toMatchObject({ exit: 11, error: { code: 'store.unavailable' } })
    expect(refused.error?.message).toContain(at('disk'))
    expect(refused.error?.cure).toContain(`mount ${at('disk')}`)
    expect(readdirSync(at('disk'))).toEqual([])
    expect(await command(`mount -t tmpfs tmpfs "${at('disk')}"`, env)).toMatchObject({ exit: 0 })
    expect(readdirSync(at('disk'))).toEqual([])
  })

  test('makes no vault below /mnt where no disk is', async () => {
    const env = { HOLDFAST_DATA: at('data'), HOLDFAST_STORE: 'file:///mnt/disk/store' }
    const refused = await command('true', env)
    expect(refused).toMatchObject({ exit: 11, error: { code: 'store.unavailable' } })
    expect(refused.error?.message).toContain('/mnt/disk/store')
    expect(existsSync('/mnt/disk')).toBe(false)
    expect(await command('mount -t tmpfs tmpfs /mnt', env)).toMatchObject({ exit: 0 })
  })

  test('makes no data folder there either', async () => {
    const env = { HOLDFAST_DATA: at('disk', 'data') }
    expect(await command('true', env)).toMatchObject({ exit: 2, error: { code: 'settings.invalid' } })
    expect(readdirSync(at('disk'))).toEqual([])
  })
})
