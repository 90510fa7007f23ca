import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { openDirectoryStore } from '../../src/store/index.ts'
import { StoreRounds } from './store-rounds.ts'

const program = fileURLToPath(new URL('back-up-into-folder.ts', import.meta.url))

/** Secrets as they can be handed to another process. */
export interface WrittenSecrets {
  readonly vaultId: string
  readonly domainId: string
  readonly agentId: string
  /** base64 */
  readonly hubSecret: string
  /** PEM */
  readonly signKey: string
}

/** What happens at a call: the process dies just before it, or the call fails. */
export type Effect = 'KILL' | 'EIO' | 'ENOSPC'

const codesOf: Readonly<Record<Exclude<Effect, 'KILL'>, string>> = { EIO: 'store.io-error', ENOSPC: 'store.full' }

/** True where strace may trace: a container may forbid it. */
export const canTrace = (): boolean => spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0

interface Mishap {
  readonly calls: readonly string[]
  readonly effect: Effect
  readonly n: number
  readonly onlyPath: string | undefined
}

/** Backups of a real process into a real folder, each with something happening to one system call. */
export class SystemCallRounds {
  readonly rounds = new StoreRounds()
  played = 0

  async prepare(): Promise<void> {
    await this.rounds.prepare()
    const { vaultId, domainId, agentId, hubSecret, signKey } = this.rounds.secrets
    if (hubSecret.kind !== 'hub-secret') throw new TypeError('a vault of these rounds is opened by a hub')
    const written: WrittenSecrets = {
      vaultId,
      domainId,
      agentId,
      hubSecret: Buffer.from(hubSecret.secret).toString('base64'),
      signKey: signKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    }
    writeFileSync(this.#secretsPath, JSON.stringify(written))
  }

  get #secretsPath(): string {
    return `${this.rounds.folder}/secrets`
  }

  /**
   * The first, second, third … of these calls, until a backup makes no more of them.
   * @param calls names as strace knows them; all mean the same to the kernel. @param onlyPath calls on this file; all files without one.
   */
  async play(calls: readonly string[], effect: Effect, onlyPath?: string): Promise<number> {
    for (let n = 1; ; n++) {
      const vaultPath = mkdtempSync(`${this.rounds.folder}/vault-`)
      const before = await openDirectoryStore(vaultPath)
      await this.rounds.putPrepared(before)
      await before.close()
      const said = this.#run(vaultPath, { calls, effect, n, onlyPath })
      const what = `${effect} at call ${n} of ${calls[0]}, which said ${said.text}`
      expect(effect === 'KILL' ? ['complete', ''] : ['complete', codesOf[effect]], what).toContain(said.text)
      const store = await openDirectoryStore(vaultPath)
      await this.rounds.expectNextWorks(store, what, false)
      await store.close()
      rmSync(vaultPath, { recursive: true })
      this.played++
      if (!said.isHit) return n - 1
    }
  }

  #run(vaultPath: string, { calls, effect, n, onlyPath }: Mishap) {
    const { folder, source, cataloguePath } = this.rounds
    const names = calls.join(',')
    const happens = effect === 'KILL' ? 'signal=KILL' : `error=${effect}`
    const trace = ['-f', '-o', `${folder}/trace`, '-e', `trace=${names}`, '-e', `inject=${names}:${happens}:when=${n}`]
    const traced = [process.execPath, '-C', '@holdfast/source', program, vaultPath, this.#secretsPath, source, cataloguePath]
    const { stdout } = spawnSync('strace', [...trace, ...(onlyPath === undefined ? [] : ['-P', onlyPath]), ...traced], {
      encoding: 'utf8',
      timeout: 60_000,
      // strace counts by thread: one thread for files makes one count of them.
      env: { ...process.env, UV_THREADPOOL_SIZE: '1' },
    })
    // Nothing is said by who was killed before the end.
    return { text: stdout, isHit: effect === 'KILL' ? stdout === '' : this.#wasInjected() }
  }

  #wasInjected(): boolean {
    return spawnSync('grep', ['-q', 'INJECTED', `${this.rounds.folder}/trace`]).status === 0
  }

  close(): void {
    this.rounds.close()
  }
}
