import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { expect } from 'vitest'
import { MemoryStore } from '../../src/store/index.ts'
import { ChangingTree } from './changing-tree.ts'
import { laterClock, realClock } from './backup-and-restore.ts'
import { makeStoredVault, VaultLife } from './stored-vault.ts'
import { stateDifferences, treeState } from './tree-state.ts'

export interface DaysToPlay {
  readonly days: number
  readonly files: number
  readonly seed: number
}

/** A backup every day of a tree that changes; afterwards every snapshot is restored and must be the tree of its day. */
export async function playDays({ days, files, seed }: DaysToPlay): Promise<void> {
  const folder = mkdtempSync(`${tmpdir()}/hf-days-`)
  try {
    const store = new MemoryStore()
    const secrets = await makeStoredVault(store)
    const tree = new ChangingTree(`${folder}/source`, seed, files)
    const kept: { readonly key: string; readonly state: Map<string, string> }[] = []
    let unchanged = 0
    let held = 0
    let life = await VaultLife.open(store, secrets)
    for (let day = 0; day < days; day++) {
      if (day > 0) tree.liveADay()
      // Once a week everything is restarted: what is known then was read from the store.
      if (day % 7 === 6) life = await VaultLife.open(store, secrets)
      // By the real clock what changed a moment ago is not believed and read again; by the later one the catalogue decides alone.
      const { key, outcome } = await life.backUp(tree.root, `${folder}/catalogue`, { clock: day % 3 === 2 ? realClock : laterClock })
      expect(outcome, `day ${day}, seed ${seed}`).toMatchObject({ status: 'complete', damagedCatalogueParts: 0, catalogueProblem: null })
      unchanged += outcome.filesUnchanged
      held += outcome.files
      kept.push({ key, state: treeState(tree.root) })
    }
    // Most files of most days were not read: what is restored below was carried from snapshot to snapshot.
    expect(unchanged).toBeGreaterThan(held * 0.4)
    life = await VaultLife.open(store, secrets)
    for (const [day, { key, state }] of kept.entries()) {
      const target = `${folder}/restored`
      const { status, told } = await life.restore(key, target)
      expect({ status, told }, `day ${day}, seed ${seed}`).toEqual({ status: 'complete', told: [] })
      // The top folder of a flat restore is the target itself, which is not ours to change.
      const found = treeState(target)
      found.set('', state.get('') ?? '')
      expect(stateDifferences(state, found), `day ${day}, seed ${seed}`).toEqual([])
      rmSync(target, { recursive: true })
    }
    expect(await life.fsck()).toMatchObject({ ok: true, problems: [], counts: { snapshots: days } })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
