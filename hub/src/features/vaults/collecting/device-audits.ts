import { setTimeout as delay } from 'node:timers/promises'
import { AppError, type AgentId, type RunId, type SnapshotId, type VaultId } from '@holdfast/shared-types'
import { concatBytes, fromHex } from '@holdfast/engine/bytes'
import { EngineError } from '@holdfast/engine/errors'
import { Refset } from '@holdfast/engine/format'
import type { EntityManager } from '@mikro-orm/postgresql'
import { afterCommit } from '../../../platform/database/unit-of-work.ts'
import type { BesideCollections } from '../contents/beside-collections.ts'
import type { OpenVault } from '../contents/open-vault.ts'
import type { OpenVaults } from '../contents/open-vaults.ts'
import { PrivateVault } from '../contents/private-vault.ts'
import { forgetGoneUnnamed, noteUnnamed, unnamedWith } from '../contents/unnamed-segments.ts'
import type { AgentsDoor, OpenAudit, RunsDoor, ToldAudit, VaultDevice } from '../doors/doors.ts'
import { lockCollection, listUnaudited } from '../tables/collecting.queries.ts'
import { setNamed } from '../tables/damage.queries.ts'
import { findSnapshot, setStated, type SnapshotRecord } from '../tables/snapshots.queries.ts'
import type { AuditReport } from './audit-snapshot.ts'
import { noteAudit, type AuditDeps } from './note-audit.ts'

/*
 * Private vaults: the hub cannot look through a snapshot, so a device of its domain does, as a run that reads lists alone. What it may not say of itself is where things
 * lie: it asks for every piece, and the hub looks for those that the snapshot does not name (`reading/locate-blobs.ts`). Its report says what lies nowhere.
 */

export interface DeviceAuditsDeps extends AuditDeps {
  readonly runs: Pick<RunsDoor, 'orderAudit' | 'openAudits' | 'auditOf'>
  readonly agents: Pick<AgentsDoor, 'listOfVault'>
}

/** More are asked for when these are done. */
const mostAtOnce = 500
const firstLookMs = 20
const mostRareLookMs = 2000
const idsPerQuestion = 4096
/** What a device found is noted a moment after its run has ended. */
const mostIdleLooks = 5

/** Asks for what nobody is asked for yet. @param spared those that are not asked for again, unless who was asked is away. @returns whose audits were ordered */
export async function orderAudits(
  deps: DeviceAuditsDeps,
  vault: OpenVault,
  spared: ReadonlySet<SnapshotId> = new Set(),
): Promise<SnapshotId[]> {
  const { database, runs, agents } = deps
  const em = database.em()
  const asked = Map.groupBy(await runs.openAudits(em), ({ snapshotId }) => snapshotId)
  const all = await agents.listOfVault(em, vault.id)
  const online = onlineOf(all)
  const devices = all.filter(({ canRead }) => canRead)
  const ordered: SnapshotId[] = []
  for (const snapshot of await listUnaudited(em, vault.id, mostAtOnce)) {
    const device = chooseDevice(devices, snapshot)
    const askedOf = asked.get(snapshot.id) ?? []
    if (device === null || isSettled(device, askedOf, online) || (askedOf.length === 0 && spared.has(snapshot.id))) continue
    if (await orderOne(deps, vault, snapshot, device)) ordered.push(snapshot.id)
  }
  return ordered
}

const onlineOf = (devices: readonly VaultDevice[]): ReadonlySet<AgentId> =>
  new Set(devices.filter(({ isOnline }) => isOnline).map(({ id }) => id))

/** Nobody is asked besides those that are asked already; but one that is there is, where all of them are away: they may never come back. */
const isSettled = ({ id, isOnline }: VaultDevice, askedOf: readonly OpenAudit[], online: ReadonlySet<AgentId>): boolean =>
  askedOf.some(({ agentId }) => agentId === id || online.has(agentId)) || (askedOf.length > 0 && !isOnline)

async function orderOne(
  { database, refsets, runs, log }: DeviceAuditsDeps,
  vault: OpenVault,
  snapshot: SnapshotRecord,
  device: VaultDevice,
): Promise<boolean> {
  try {
    if (refsets.beyondOf(snapshot.id) !== null)
      await database.transaction(async (em) => {
        await lockCollection(em, vault.id, 'shared')
        await forgetGoneUnnamed({ refsets }, em, vault, snapshot.id)
      })
    await runs.orderAudit(device.id, snapshot.id, device.id === snapshot.agentId ? null : snapshot.agentId)
    return true
  } catch (error) {
    // One device must not keep the others from it.
    log.warn(
      { event: 'audit.not-ordered', agentId: device.id, snapshotId: snapshot.id, err: error },
      'A device could not be asked for an audit',
    )
    return false
  }
}

/** Whoever is there, its own device first; where nobody is, that one does it when it comes. */
function chooseDevice(devices: readonly VaultDevice[], { agentId, domainId }: SnapshotRecord): VaultDevice | null {
  const able = devices.filter((device) => device.domainId === domainId)
  const own = able.find(({ id }) => id === agentId)
  if (own?.isOnline === true) return own
  return able.find(({ isOnline }) => isOnline) ?? own ?? able[0] ?? null
}

/**
 * Has devices look through every snapshot that nobody has looked through, and waits for those that are there.
 * @throws AppError `vault.collection-unsafe` where none of those that could is there, or what they said was not enough; EngineError `cancelled`
 */
export async function askDevices(deps: DeviceAuditsDeps, vault: OpenVault, signal: AbortSignal, onSnapshot?: () => void): Promise<void> {
  const { database, runs, agents } = deps
  const asked = new Set<SnapshotId>()
  let left = 0
  let idleLooks = 0
  let wasAtIt = false
  for (let pauseMs = firstLookMs; ; pauseMs = Math.min(pauseMs * 2, mostRareLookMs)) {
    if (signal.aborted) throw new EngineError('cancelled', 'Looking through snapshots was stopped.')
    const em = database.em()
    // Before the count: what ends in between is counted, and not waited for.
    for (const id of await orderAudits(deps, vault, asked)) asked.add(id)
    const online = onlineOf(await agents.listOfVault(em, vault.id))
    const open = await runs.openAudits(em)
    const unaudited = await listUnaudited(em, vault.id, mostAtOnce)
    for (let done = unaudited.length; done < left; done++) onSnapshot?.()
    left = unaudited.length
    if (unaudited.length === 0) return
    const isSomebodyAtIt = isUnderWay(unaudited, open, online)
    idleLooks = isSomebodyAtIt ? 0 : idleLooks + 1
    if (idleLooks > (wasAtIt ? mostIdleLooks : 0)) throw nobodyLooks(unaudited.length)
    wasAtIt ||= isSomebodyAtIt
    await delay(pauseMs, undefined, { signal }).catch(() => undefined)
  }
}

function isUnderWay(unaudited: readonly SnapshotRecord[], open: readonly OpenAudit[], online: ReadonlySet<AgentId>): boolean {
  const wanted = new Set(unaudited.map(({ id }) => id))
  return open.some(({ snapshotId, agentId }) => wanted.has(snapshotId) && online.has(agentId))
}

const nobodyLooks = (count: number): AppError =>
  new AppError('vault.collection-unsafe', {
    message: `No device has looked through ${count} ${count === 1 ? 'snapshot' : 'snapshots'} of this private vault yet, and the hub cannot. Nothing was removed.`,
    cure: 'Let a device of the vault come back: it is asked to look through them. Then tidy up again, or wait for the next night.',
  })

export interface TakeAuditDeps extends DeviceAuditsDeps {
  readonly vaults: OpenVaults
  readonly besideCollections: BesideCollections
  /** Has devices asked for what is damaged, soon. */
  readonly healSoon: (vaultId: VaultId) => Promise<void>
}

/** Takes what a device found, when its run has ended. Anything but an audit of a private vault's snapshot is passed over. */
export async function takeDeviceAudit(deps: TakeAuditDeps, runId: RunId): Promise<void> {
  const { database, besideCollections, vaults, runs } = deps
  const told = await runs.auditOf(database.em(), runId)
  if (told === null) return
  await besideCollections.transaction(async (em) => {
    const found = await findSnapshot(em, told.snapshotId)
    // Deleted ones too: until their time is over they can be had back.
    if (found === null || found.state === 'lost' || !vaults.has(found.vaultId)) return
    const vault = vaults.get(found.vaultId)
    if (!(vault instanceof PrivateVault)) return
    await lockCollection(em, vault.id, 'shared')
    await setStated(em, found.id, told.audit.summary)
    const { report, isOutdated } = await reportOf(em, vault, found, told)
    // A device is asked once more where what lies where has changed meanwhile.
    if (isOutdated) {
      await noteUnnamed(deps, em, vault, { id: found.id, found: report.unnamed })
      return
    }
    if (!(await noteAudit(deps, em, vault, { snapshot: found, report }))) return
    await noteDamage(em, found.id, report)
    if (report.lacking > 0) afterCommit(em, () => deps.healSoon(vault.id))
  })
}

interface DeviceReport {
  readonly report: AuditReport
  /** Something that was nowhere is there now, and the device could not look everywhere, or not name all that it missed: what it knows is not all. */
  readonly isOutdated: boolean
}

/** What it asked for and was told of, what of the rest has come since, and how much lies nowhere. */
async function reportOf(
  em: EntityManager,
  vault: OpenVault,
  { id, domainId }: SnapshotRecord,
  { audit, problems }: ToldAudit,
): Promise<DeviceReport> {
  const come = new Refset()
  let lacking = Math.max(0, problems - audit.missing.length)
  for (let start = 0; start < audit.missing.length; start += idsPerQuestion) {
    const ids = audit.missing.slice(start, start + idsPerQuestion).map((blobId) => fromHex(blobId))
    for (const place of await vault.contents.findBlobs(domainId, concatBytes(ids)))
      if (place === null) lacking++
      else come.add(place.packIdHex, place.ordinal)
  }
  const unnamed = await unnamedWith(em, id, come)
  return { report: { unnamed, lacking }, isOutdated: come.packCount > 0 && !audit.isWhole }
}

/** It can be said that something is damaged, and never what. */
const noteDamage = (em: EntityManager, id: SnapshotId, { lacking }: AuditReport): Promise<void> =>
  setNamed(em, id, lacking === 0 ? null : { files: 0, folders: 0, isAllNamed: false, isPending: false }, [])
