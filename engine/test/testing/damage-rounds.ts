import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { expect } from 'vitest'
import { concatBytes } from '../../src/bytes/index.ts'
import { EngineError, isEngineError } from '../../src/errors/index.ts'
import { decodeKeySlot, keySlotPrefix, packPrefix, snapshotPrefix, vaultFileKey } from '../../src/format/index.ts'
import { MemoryStore } from '../../src/store/index.ts'
import { makeRecoveryWords, openVault } from '../../src/vault/index.ts'
import { keysUnder, replaceObject } from './damage.ts'
import { pattern } from './nasty-tree.ts'
import { makeStoredVault, VaultLife, type Secrets } from './stored-vault.ts'
import { stateDifferences, treeState } from './tree-state.ts'

/** One thing done to the objects of a vault: what each of them is afterwards, null for one that is gone. */
export interface Damage {
  readonly name: string
  readonly objects: ReadonlyMap<string, Uint8Array | null>
}

export type DamageOf = (key: string, whole: Uint8Array) => Iterable<{ readonly name: string; readonly bytes: Uint8Array | null }>

/** A few complaints tell the story. */
const mostComplaints = 20

/** One vault with two snapshots of a small tree, to be damaged object by object. */
export class DamageRounds {
  readonly folder = mkdtempSync(`${tmpdir()}/hf-damage-`)
  readonly store = new MemoryStore()
  readonly complaints: string[] = []
  readonly #snapshots: { readonly key: string; readonly state: Map<string, string> }[] = []
  #secrets!: Secrets
  #hubSlot = ''
  rounds = 0

  /** @param size `tiny`: every object is below a kilobyte, so that each of its bytes can have a round. */
  async prepare(size: 'tiny' | 'usual'): Promise<void> {
    this.#secrets = await makeStoredVault(this.store, { kind: 'recovery-words', words: await makeRecoveryWords() })
    for (const key of await keysUnder(this.store, keySlotPrefix))
      if (decodeKeySlot(await this.store.get(key)).kind === 'hub-secret') this.#hubSlot = key
    const source = `${this.folder}/source`
    mkdirSync(`${source}/folder`, { recursive: true })
    if (size === 'usual') {
      for (let n = 0; n < 4; n++) writeFileSync(`${source}/folder/${n}`, pattern(300 + 700 * n, n))
      writeFileSync(`${source}/large`, pattern(400_000, 9))
    }
    writeFileSync(`${source}/inline`, 'in the page itself')
    const life = await VaultLife.open(this.store, this.#secrets)
    for (let day = 0; day < 2; day++) {
      writeFileSync(`${source}/folder/today`, pattern(size === 'usual' ? 1000 : 210, 20 + day))
      const { key } = await life.backUp(source, `${this.folder}/catalogue`)
      this.#snapshots.push({ key, state: treeState(source) })
    }
  }

  /** Every object in turn, damaged in each of the given ways, and mended afterwards. */
  async playAll(damageOf: DamageOf): Promise<void> {
    for (const key of await keysUnder(this.store, '')) {
      const whole = await this.store.get(key)
      for (const { name, bytes } of damageOf(key, whole))
        await this.#play({ name: `${key} ${name} of ${whole.length}`, objects: new Map([[key, bytes]]) })
    }
    await this.#finish()
  }

  /** Every two objects of one kind: each under the other's key, and one also under the other's. */
  async playExchanges(): Promise<void> {
    for (const prefix of [keySlotPrefix, packPrefix, snapshotPrefix]) {
      const keys = await keysUnder(this.store, prefix)
      for (const [index, left] of keys.entries()) {
        for (const right of keys.slice(index + 1)) {
          const [leftBytes, rightBytes] = [await this.store.get(left), await this.store.get(right)]
          for (const [key, bytes] of [
            [left, rightBytes],
            [right, leftBytes],
          ] as const)
            await this.#play({ name: `${key} is the other one too`, objects: new Map([[key, bytes]]) })
          const exchanged = new Map([
            [left, rightBytes],
            [right, leftBytes],
          ])
          await this.#play({ name: `${left} and ${right} exchanged`, objects: exchanged })
        }
      }
    }
    await this.#finish()
  }

  async #finish(): Promise<void> {
    expect(this.complaints).toEqual([])
    expect(await (await VaultLife.open(this.store, this.#secrets)).fsck()).toMatchObject({ ok: true, problems: [] })
  }

  async #play(damage: Damage): Promise<void> {
    if (this.complaints.length >= mostComplaints) return
    const whole = new Map<string, Uint8Array>()
    for (const [key, bytes] of damage.objects) {
      whole.set(key, await this.store.get(key))
      await replaceObject(this.store, key, bytes)
    }
    for (const complaint of await this.#complaintsOf(damage)) this.complaints.push(`${damage.name}: ${complaint}`)
    for (const [key, bytes] of whole) await replaceObject(this.store, key, bytes)
    this.rounds += 1
  }

  async #complaintsOf({ objects }: Damage): Promise<string[]> {
    let life: VaultLife
    try {
      life = await VaultLife.open(this.store, this.#secrets)
    } catch (error) {
      if (!(error instanceof EngineError)) return [`opening ended with ${String(error)}`]
      // The hub does not start on it. Nothing but what it opens the vault with may have that power.
      return objects.has(vaultFileKey) || objects.has(this.#hubSlot) ? [] : [`opening was refused: ${error.code} ${error.message}`]
    }
    return [...(await this.#unnoticed(life, objects)), ...(await this.#dishonestRestores(life))]
  }

  async #unnoticed(life: VaultLife, objects: Damage['objects']): Promise<string[]> {
    const { ok, problems } = await life.fsck()
    const keys = [...objects.keys()]
    const isLost = [...objects.values()].every((bytes) => bytes === null)
    const isSlot = keys.every((key) => key.startsWith(keySlotPrefix))
    // Who deletes a whole snapshot leaves a vault that is whole without it: the hub's rows tell.
    if (isLost && (isSlot || keys.every((key) => key.startsWith(snapshotPrefix)))) return ok ? [] : ['fsck complains of what is not there']
    // Only who knows the secret can tell that a slot does not hold the key: he is refused.
    if (ok) return isSlot && !(await this.#opensByWords()) ? [] : ['not noticed by fsck']
    const named = new Set(problems.map(({ object }) => object))
    if (problems.some(({ code }) => code === 'internal')) return ['fsck crashed on it']
    // What is not there cannot be named as an object: those that need it are.
    return isLost || keys.some((key) => named.has(key)) ? [] : [`fsck names ${[...named].join(', ')} instead`]
  }

  async #opensByWords(): Promise<boolean> {
    if (this.#secrets.recoveryWords === null) return false
    try {
      await openVault(this.store, this.#secrets.recoveryWords)
      return true
    } catch (error) {
      if (isEngineError(error)) return false
      throw error
    }
  }

  /** Every file that is there is right; every one that is not was told. */
  async #dishonestRestores(life: VaultLife): Promise<string[]> {
    const complaints: string[] = []
    const target = `${this.folder}/restored`
    for (const { key, state } of this.#snapshots) {
      try {
        const { status, told } = await life.restore(key, target)
        const wrong = stateDifferences(state, treeState(target)).filter(
          (line) => !isFolderLine(line) && !told.some((path) => mentions(path, line)),
        )
        if (wrong.length > 0) complaints.push(`restored wrongly: ${wrong.join('; ')}`)
        if (told.length > 0 !== (status === 'complete-with-errors')) complaints.push(`${told.length} told, but ${status}`)
      } catch (error) {
        if (!(error instanceof EngineError)) complaints.push(`restore ended with ${String(error)}`)
      } finally {
        rmSync(target, { recursive: true, force: true })
      }
    }
    return complaints
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** One bit of a byte flipped, at these positions; the bit changes with the position. */
export function* flips(whole: Uint8Array, positions: readonly number[]) {
  for (const at of positions) {
    const bytes = Uint8Array.from(whole)
    bytes[at]! ^= 1 << (at % 8)
    yield { name: `byte ${at} flipped`, bytes }
  }
}

export function* cuts(whole: Uint8Array, lengths: readonly number[]) {
  for (const length of lengths) yield { name: `cut to ${length}`, bytes: whole.slice(0, length) }
}

export function* grownAndLost(whole: Uint8Array) {
  yield { name: 'a byte longer', bytes: concatBytes([whole, Uint8Array.of(0)]) }
  yield { name: 'lost', bytes: null }
}

const isFolderLine = (line: string): boolean => / 4\d{4} |: 4\d{4} |^:/.test(line)
/** A told path is absolute and of the source; what lies below a told folder is told with it. */
const mentions = (told: string, line: string): boolean => {
  const inSource = told.slice(told.indexOf('/source') + '/source'.length)
  const path = line.slice(0, line.indexOf(':'))
  return path === inSource || path.startsWith(`${inSource}/`) || inSource === ''
}
