import {
  agentPrefix,
  decodeJournal,
  featurePrefix,
  journalPrefix,
  keySlotPrefix,
  packPrefix,
  revocationPrefix,
  sealedKeysPrefix,
  selfBackupPrefix,
  snapshotPrefix,
  rewritingKeyKey,
  trialPrefix,
  vaultFileKey,
  type Refset,
} from '../format/index.ts'
import type { ObjectStore } from '../store/index.ts'
import { readJournal, type StoredVault } from '../vault/index.ts'
import { checkHubObjects } from './fsck-hub-objects.ts'
import { checkKeyObjects } from './fsck-key-objects.ts'
import { checkPacks } from './fsck-packs.ts'
import { FsckFindings, type FsckCounts, type FsckReport, type FsckTask } from './fsck-report.ts'
import { checkSnapshots } from './fsck-snapshots.ts'

export interface FsckOptions {
  /**
   * A `Vault` opens everything. A `SealedVault`, a private vault at its hub, verifies what a hub has written besides what needs no keys. Null = without keys: structure, checksums,
   * refsets, and signatures by the keys that lie in the vault.
   */
  readonly vault: StoredVault | null
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

const knownPrefixes = [
  keySlotPrefix,
  agentPrefix,
  sealedKeysPrefix,
  packPrefix,
  snapshotPrefix,
  journalPrefix,
  revocationPrefix,
  selfBackupPrefix,
  trialPrefix,
]

/**
 * Proves a vault from its store (docs/vault-format.md §13). Reads only. Every damage is a line of the report; it throws only when the
 * store itself does not answer, or when stopped.
 */
export async function fsck(store: ObjectStore, options: FsckOptions): Promise<FsckReport> {
  const findings = new FsckFindings()
  const { vault } = options
  options.onStart?.(findings.counts)
  const task: FsckTask = {
    store,
    vault,
    readData: options.readData,
    findings,
    signal: options.signal,
    beyondRefset: options.beyondRefset ?? new Map<string, Refset>(),
  }
  for await (const { key } of store.list('')) {
    if (key.startsWith(featurePrefix))
      findings.add('format.unsupported-version', key, 'This vault has something that this version does not know: update Holdfast.')
    else if (key !== vaultFileKey && key !== rewritingKeyKey && !knownPrefixes.some((prefix) => key.startsWith(prefix)))
      findings.add('object.unknown', key, 'An object that belongs to no vault lies here.')
  }
  await checkKeyObjects(task)
  for await (const { key } of store.list(journalPrefix)) {
    await findings.check(key, async () => {
      if (vault === null) decodeJournal(await store.get(key))
      else await readJournal(vault, key)
    })
  }
  await checkHubObjects(task)
  await checkSnapshots(task, await checkPacks(task))
  return findings.report()
}
