import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, vi } from 'vitest'
import { holdfast, type Ended } from './a-command-line.ts'
import { StoredVault, type StoredBackup, type StoredDevice } from './a-stored-vault.ts'
import { aFolder, type TestFolder } from './an-agent.ts'

/** A vault of one device with one snapshot of 21 files, on a machine that was never enrolled, and a key file. */
export class LeftVault {
  readonly folder: TestFolder
  readonly source: string
  readonly keyFile: string
  readonly target: string
  readonly vault: StoredVault
  readonly box: StoredDevice
  readonly first: StoredBackup

  private constructor(folder: TestFolder, parts: { vault: StoredVault; box: StoredDevice; first: StoredBackup }) {
    this.folder = folder
    this.source = join(folder.path, 'source')
    this.keyFile = join(folder.path, 'key.json')
    this.target = join(folder.path, 'target')
    this.vault = parts.vault
    this.box = parts.box
    this.first = parts.first
    vi.stubEnv('HOLDFAST_AGENT_HOME', join(folder.path, 'no-home'))
  }

  /** @param passphrase of a private vault */
  static async make(passphrase?: string): Promise<LeftVault> {
    const folder = aFolder()
    const source = join(folder.path, 'source')
    mkdirSync(join(source, 'letters'), { recursive: true })
    for (let n = 0; n < 20; n++) writeFileSync(join(source, 'letters', `letter-${n}.txt`), `Dear ${n}, `.repeat(300 * n + 1))
    writeFileSync(join(source, 'large'), randomBytes(3_000_000))
    const vault = await StoredVault.make(join(folder.path, 'store'), passphrase)
    const key = { format: 'holdfast-key-1', vaultId: vault.vaultId, words: vault.words.split(' ') }
    writeFileSync(join(folder.path, 'key.json'), JSON.stringify(key))
    const box = await vault.addDevice('box')
    return new LeftVault(folder, { vault, box, first: await vault.backUp(box, source) })
  }

  /** Nothing was made of what an enrolled device has. */
  async close(): Promise<void> {
    expect(existsSync(join(this.folder.path, 'no-home'))).toBe(false)
    vi.unstubAllEnvs()
    await this.vault.store.close()
    this.folder.remove()
  }

  open = (...args: string[]): Promise<Ended> => holdfast('vault', 'open', this.vault.folder, '--key-file', this.keyFile, ...args)

  json = async <T = Record<string, unknown>>(status: number, ...args: string[]): Promise<T> => {
    const ended = await this.open(...args, '--json')
    expect([ended.status, ended.status === status ? '' : ended.out + ended.err]).toEqual([status, ''])
    return JSON.parse(ended.out) as T
  }

  errorOf = async (status: number, ...args: string[]) =>
    (await this.json<{ error: { code: string; message: string; cure: string } }>(status, ...args)).error
}

export const differences = (left: string, right: string): string =>
  spawnSync('diff', ['-r', '--no-dereference', left, right], { encoding: 'utf8' }).stdout

export function flip(path: string, at: number): void {
  const bytes = readFileSync(path)
  bytes[at] = (bytes[at] ?? 0) ^ 1
  writeFileSync(path, bytes)
}
