import type { VaultId } from '@holdfast/shared-types'
import { BlobIndex } from '@holdfast/engine/vault'
import { dataFolderAt } from '../../platform/lifecycle/data-folder.ts'
import type { HubServices } from '../../platform/services.ts'
import { careWorks } from './caring/care-kinds.ts'
import { Suspicions } from './caring/suspicions.ts'
import { VaultCares } from './caring/vault-care.ts'
import { VaultChecks } from './checking/vault-checks.ts'
import { Collections } from './collecting/collections.ts'
import { BesideCollections } from './contents/beside-collections.ts'
import { OpenVaults } from './contents/open-vaults.ts'
import { SnapshotRefsets } from './contents/snapshot-refsets.ts'
import { VaultTurns } from './contents/vault-turns.ts'
import type { AgentsDoor, HealersDoor, PeopleDoor, RetentionDoor, RunsDoor } from './doors/doors.ts'
import { Revocations } from './keys/keep-revocations.ts'
import { Purges, rewritingOf, type Rewriting } from './rewriting/rewriting.ts'
import { ReadableRuns } from './reading/readable-runs.ts'
import { SegmentReader } from './reading/segment-reader.ts'
import type { VaultFolders } from './opening/vault-folders.ts'
import { CommitBodies } from './sessions/commit-bodies.ts'
import { SessionGrants } from './sessions/session-grants.ts'
import { PacksInDoubt } from './uploads/packs-in-doubt.ts'
import { VaultUsages } from './usage/vault-usage.ts'

export type VaultsServices = Pick<
  HubServices,
  'config' | 'database' | 'diskSpace' | 'domainEvents' | 'fatal' | 'jobs' | 'live' | 'log' | 'now' | 'secret'
>

/** Front doors of others, passed in by the wiring. */
export interface VaultsDoors {
  readonly runs: RunsDoor
  readonly agents: AgentsDoor
  readonly people: PeopleDoor
  /** Applied before each nightly collection, once there is such a thing. */
  readonly retention?: RetentionDoor
  /** Who is asked to heal; absent = nobody. */
  readonly healers?: HealersDoor
}

/** Everything the parts of this feature share. */
export interface VaultsState extends VaultsServices, VaultsDoors {
  readonly vaults: OpenVaults
  /** Which blob lies where, of all vaults. */
  readonly blobIndex: BlobIndex
  readonly grants: SessionGrants
  readonly packsInDoubt: PacksInDoubt
  readonly refsets: SnapshotRefsets
  readonly readableRuns: ReadableRuns
  readonly segments: SegmentReader
  readonly commitBodies: CommitBodies
  readonly besideCollections: BesideCollections
  readonly nameSoon: (vaultId: VaultId) => Promise<void>
  /** What the disk of the vaults has left. */
  readonly freeBytes: () => Promise<number>
  readonly placeOf: (vaultId: VaultId) => string
  /** @throws AppError `store.unavailable` with the folder's name when its disk is not mounted. */
  readonly requireThere: (vaultId: VaultId) => Promise<void>
  readonly folders: Pick<VaultFolders, 'create'>
  /** Of a vault's key objects: one change at a time. */
  readonly keyTurns: VaultTurns
  readonly checks: VaultChecks
  readonly collections: Collections
  readonly purges: Purges
  readonly rewriting: Rewriting
  readonly usages: VaultUsages
  readonly cares: VaultCares
  readonly suspicions: Suspicions
  readonly revocations: Revocations
}

/** Nothing is opened yet. @param folders where the vaults are */
export function createVaultsState(services: VaultsServices, doors: VaultsDoors, folders: VaultFolders): VaultsState {
  const vaults = new OpenVaults()
  const refsets = new SnapshotRefsets(vaults)
  const packsInDoubt = new PacksInDoubt({ ...services, vaults })
  const turns = new VaultTurns()
  const nameSoon = (vaultId: VaultId): Promise<void> => cares.nameSoon(vaultId)
  const { retention = null, healers = null } = doors
  const healSoon = (vaultId: VaultId): Promise<void> => cares.healSoon(vaultId)
  const grants = new SessionGrants()
  const collections = new Collections({ ...services, ...doors, refsets, grants, turns, nameSoon })
  const purges = new Purges({ ...services, ...doors, refsets, turns, collections, nameSoon })
  const cares = new VaultCares({ ...services, vaults, collections })
  cares.does(careWorks({ ...services, ...doors, refsets, collections, purges, nameSoon, healSoon, retention, healers }))
  const suspicions = new Suspicions({ ...services, nameSoon })
  return {
    ...services,
    ...doors,
    vaults,
    blobIndex: openBlobIndex(services),
    refsets,
    packsInDoubt,
    grants,
    readableRuns: new ReadableRuns({ ...services, ...doors, vaults }),
    nameSoon,
    segments: new SegmentReader({ ...services, nameSoon, suspect: (vault, packIdHex) => suspicions.add(vault, packIdHex) }),
    commitBodies: new CommitBodies(),
    besideCollections: new BesideCollections(services.database),
    freeBytes: () => folders.freeBytes(),
    placeOf: (vaultId) => folders.placeOf(vaultId),
    requireThere: (vaultId) => folders.require(vaultId),
    folders,
    keyTurns: new VaultTurns(),
    checks: new VaultChecks({ ...services, packsInDoubt, turns }),
    collections,
    purges,
    rewriting: rewritingOf({ ...services, ...doors, vaults, refsets, turns, collections, purges, nameSoon }),
    cares,
    suspicions,
    revocations: new Revocations({ ...services, ...doors, vaults }),
    usages: new VaultUsages({ ...services, refsets, nameSoon, deviceNames: (em) => doors.agents.deviceNames(em) }),
  }
}

/** Made anew by every start: a hub without it cannot tell what is stored, and ends. */
const openBlobIndex = ({ config, log, fatal }: VaultsServices): BlobIndex =>
  new BlobIndex({
    folder: dataFolderAt(config.dataDir).blobIndexFolder,
    onUnwritable: (message) =>
      log.warn(
        { event: 'blob-index.unwritable', reason: message },
        'The blob index cannot be written to HOLDFAST_DATA: the hub works, with more memory than it should. Look at the space and the rights there',
      ),
    onFailure: fatal,
  })
