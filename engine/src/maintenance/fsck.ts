import { EngineError } from '../errors/index.ts'
import {
  agentPrefix,
  decodeAgentFile,
  decodeJournal,
  decodeKeySlot,
  decodeVaultFile,
  keySlotKey,
  journalPrefix,
  keySlotPrefix,
  packPrefix,
  revocationPrefix,
  selfBackupPrefix,
  snapshotPrefix,
  rewritingKeyKey,
  vaultFileKey,
  type Refset,
} from '../format/index.ts'
import type { ObjectStore } from '../store/index.ts'
import { readJournal, type Vault } from '../vault/index.ts'
import { checkHubObjects } from './fsck-hub-objects.ts'
import { checkPacks } from './fsck-packs.ts'
import { FsckFindings, type FsckCounts, type FsckReport } from './fsck-report.ts'
import { checkSnapshots } from './fsck-snapshots.ts'

export interface FsckOptions {
  /** The opened vault; null = without keys: structure, checksums and refsets only. */
  readonly vault: Vault | null
  /** Reads and opens every stored byte; false = footers and trees only. */
  readonly readData: boolean
  readonly signal?: AbortSignal
  /**
   * Where pieces of a snapshot lie beyond its refset, by its id in hex, as its hub knows: what its refset names and is lost was sent again. Such a snapshot has nothing wrong as long as all its
   * trees need is there. Without it, only what the store itself says counts.
   */
  readonly beyondRefset?: ReadonlyMap<string, Refset>
  /** Gets the counts when it starts; they grow while it runs. */
  readonly onStart?: (counts: Readonly<FsckCounts>) => void
}

const knownPrefixes = [keySlotPrefix, agentPrefix, packPrefix, snapshotPrefix, journalPrefix, revocationPrefix, selfBackupPrefix]

/**
 * Proves a vault from its store (docs/vault-format.md §12). Reads only. Every damage is a line of the report; it throws only when the
 * store itself does not answer, or when stopped.
 */
export async function fsck(store: ObjectStore, options: FsckOptions): Promise<FsckReport> {
  const findings = new FsckFindings()
  const { vault } = options
  options.onStart?.(findings.counts)
  await findings.check(vaultFileKey, async () =>
    vault === null ? void decodeVaultFile(await store.get(vaultFileKey)) : await vault.checkFile(),
  )
  for await (const { key } of store.list('')) {
    if (key !== vaultFileKey && key !== rewritingKeyKey && !knownPrefixes.some((prefix) => key.startsWith(prefix)))
      findings.add('object.unknown', key, 'An object that belongs to no vault lies here.')
  }
  for await (const { key } of store.list(keySlotPrefix)) {
    await findings.check(key, async () => {
      const slot = decodeKeySlot(await store.get(key))
      if (keySlotKey(slot.slotId) !== key) throw new EngineError('vault.invalid', 'A key slot lies under the name of another.')
    })
  }
  for await (const { key } of store.list(agentPrefix)) {
    await findings.check(
      key,
      async () => void (vault === null ? decodeAgentFile(await store.get(key)) : await vault.readAgent(key.slice(agentPrefix.length))),
    )
  }
  for await (const { key } of store.list(journalPrefix)) {
    await findings.check(key, async () => {
      if (vault === null) decodeJournal(await store.get(key))
      else await readJournal(vault, key)
    })
  }
  const task = {
    store,
    vault: options.vault,
    readData: options.readData,
    findings,
    signal: options.signal,
    beyondRefset: options.beyondRefset ?? new Map<string, Refset>(),
  }
  await checkHubObjects(task)
  await checkSnapshots(task, await checkPacks(task))
  return findings.report()
}
