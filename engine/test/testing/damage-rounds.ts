import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { expect } from 'vitest'
import { EngineError } from '../../src/errors/index.ts'
import { keySlotPrefix, snapshotPrefix, vaultFileKey } from '../../src/format/index.ts'
import { MemoryStore } from '../../src/store/index.ts'
import { makeRecoveryWords, openVault } from '../../src/vault/index.ts'
import { bytePositions, cutLengths, keysUnder, replaceObject } from './damage.ts'
import { pattern } from './nasty-tree.ts'
import { makeStoredVault, VaultLife, type Secrets } from './stored-vault.ts'
import { stateDifferences, treeState } from './tree-state.ts'

/** One vault with two snapshots of a small tree, to be damaged object by object. */
export class DamageRounds {
  readonly folder = mkdtempSync(`${tmpdir()}/hf-damage-`)
  readonly store = new MemoryStore()
  readonly #snapshots: { readonly key: string; readonly state: Map<string, string> }[] = []
  #secrets!: Secrets
  rounds = 0

  async prepare(): Promise<void> {
    this.#secrets = await makeStoredVault(this.store, { kind: 'recovery-words', words: makeRecoveryWords() })
    const source = `${this.folder}/source`
    mkdirSync(`${source}/folder`, { recursive: true })
    for (let n = 0; n < 4; n++) writeFileSync(`${source}/folder/${n}`, pattern(300 + 700 * n, n))
    writeFileSync(`${source}/large`, pattern(400_000, 9))
    writeFileSync(`${source}/inline`, 'in the page itself')
    const life = await VaultLife.open(this.store, this.#secrets)
    for (let day = 0; day < 2; day++) {
      writeFileSync(`${source}/folder/today`, pattern(1000, 20 + day))
      const { key } = await life.backUp(source, `${this.folder}/catalogue`)
      this.#snapshots.push({ key, state: treeState(source) })
    }
  }

  /** Every byte class flipped and every length class cut off, of every object; also lost, and with a byte too many. */
  async playAll(step: number): Promise<void> {
    for (const key of await keysUnder(this.store, '')) {
      const whole = await this.store.get(key)
      const flipped = bytePositions(key, whole, step).map((at) => ({
        name: `byte ${at} flipped`,
        bytes: whole.map((byte, index) => (index === at ? byte ^ (1 << (at % 8)) : byte)),
      }))
      const cut = cutLengths(key, whole, step).map((length) => ({
        name: `cut to ${length}`,
        bytes: whole.slice(0, length),
      }))
      const longer = { name: 'a byte longer', bytes: Uint8Array.of(...whole, 0) }
      for (const { name, bytes } of [...flipped, ...cut, longer, { name: 'lost', bytes: null }]) {
        await replaceObject(this.store, key, bytes)
        await this.#expectNoticed(key, `${key} ${name} of ${whole.length}`, bytes === null)
        this.rounds += 1
      }
      await replaceObject(this.store, key, whole)
    }
    expect(await (await VaultLife.open(this.store, this.#secrets)).fsck()).toMatchObject({ ok: true, problems: [] })
  }

  async #expectNoticed(key: string, what: string, isLost: boolean): Promise<void> {
    let life: VaultLife
    try {
      life = await VaultLife.open(this.store, this.#secrets)
    } catch (error) {
      // The hub does not start on it: named, and nothing is restored.
      expect(error, what).toBeInstanceOf(EngineError)
      expect([vaultFileKey, ...(await keysUnder(this.store, keySlotPrefix)), key], what).toContain(key)
      return
    }
    const { ok, problems } = await life.fsck()
    // Who deletes a whole snapshot leaves a vault that is whole without it: the hub's rows tell. A slot fails whoever needs it.
    if (isLost && (key.startsWith(snapshotPrefix) || key.startsWith(keySlotPrefix))) expect(ok, what).toBe(true)
    else if (ok) expect(await this.#opensByWords(), what).toBe(false)
    // What is not there cannot be named as an object: those that need it are.
    else if (!isLost)
      expect(
        problems.map(({ object }) => object),
        what,
      ).toContain(key)
    await this.#expectHonestRestores(life, what)
  }

  async #opensByWords(): Promise<boolean> {
    if (this.#secrets.recoveryWords === null) return false
    return openVault(this.store, this.#secrets.recoveryWords).then(
      () => true,
      () => false,
    )
  }

  /** Every file that is there is right; every one that is not was told. */
  async #expectHonestRestores(life: VaultLife, what: string): Promise<void> {
    const target = `${this.folder}/restored`
    for (const { key, state } of this.#snapshots) {
      try {
        const { status, told } = await life.restore(key, target)
        const found = treeState(target)
        const wrong = stateDifferences(state, found).filter((line) => !isFolderLine(line) && !told.some((path) => mentions(path, line)))
        expect(wrong, what).toEqual([])
        if (told.length > 0) expect(status, what).toBe('complete-with-errors')
      } catch (error) {
        if (!(error instanceof EngineError)) throw error
      } finally {
        rmSync(target, { recursive: true, force: true })
      }
    }
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

const isFolderLine = (line: string): boolean => / 4\d{4} |: 4\d{4} |^:/.test(line)
/** A told path is absolute and of the source; what lies below a told folder is told with it. */
const mentions = (told: string, line: string): boolean => {
  const inSource = told.slice(told.indexOf('/source') + '/source'.length)
  const path = line.slice(0, line.indexOf(':'))
  return path === inSource || path.startsWith(`${inSource}/`) || inSource === ''
}
