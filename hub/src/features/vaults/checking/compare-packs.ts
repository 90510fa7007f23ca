import type { PackId } from '@holdfast/shared-types'
import { equalBytes, fromHex } from '@holdfast/engine/bytes'
import { packKey } from '@holdfast/engine/format'
import type { FsckProblem } from '@holdfast/engine/maintenance'
import type { ListedObject } from '@holdfast/engine/store'
import type { OpenVault } from '../contents/open-vault.ts'
import { isDamage } from '../errors/translate-engine-error.ts'
import { objectsOf, readPackEnd, rowsOf, type PackEnd } from '../opening/load-packs.ts'
import { pairById } from '../opening/pair-by-id.ts'
import { findPack, type PackRecord } from '../tables/packs.queries.ts'
import { requireGoingOn, type CheckVaultDeps } from './check-vault-deps.ts'

/** Where pack rows and packs differ. What arrives meanwhile is no finding: it is looked at twice, and may lie without its row while it arrives. */
export async function* comparePacks(deps: CheckVaultDeps, vault: OpenVault, signal: AbortSignal): AsyncGenerator<FsckProblem> {
  for await (const { id, row, object } of pairById(rowsOf(deps, vault), objectsOf(vault, deps.log))) {
    requireGoingOn(signal)
    const problem = await compare(vault, id, row, object)
    if (problem === null) continue
    const key = packKey(fromHex(id))
    // Asked before the row: what has arrived since has one.
    const isArriving = vault.arriving.has(key)
    const again = await compare(vault, id, await findPack(deps.database.em(), fromHex(id)), await findObject(vault, id))
    if (isArriving && again?.code === 'row.missing') continue
    const known = again?.code === 'row.missing' ? tellDoubt(again, deps.packsInDoubt.ofVault(vault.id).get(id as PackId)?.reason) : again
    if (known !== null) yield { ...known, object: key }
  }
}

type Difference = Omit<FsckProblem, 'object'>

/** A pack without a row whose upload failed: the hub knows of it, and why it has none yet. @param reason null = it is about to be looked at. */
function tellDoubt(missing: Difference, reason: string | null | undefined): Difference | null {
  if (reason === undefined) return missing
  if (reason === null) return null
  return {
    code: 'row.in-doubt',
    message: `A pack whose upload failed has no row yet, for it could not be looked at; the hub tries again and again. ${reason}`,
  }
}

async function findObject(vault: OpenVault, id: string): Promise<ListedObject | null> {
  const key = packKey(fromHex(id))
  const head = await vault.store.head(key)
  return head === null ? null : { key, sizeBytes: head.sizeBytes }
}

async function compare(vault: OpenVault, id: string, row: PackRecord | null, object: ListedObject | null): Promise<Difference | null> {
  // What a collection removed may lie there until it, or the next start, is through with it.
  if (row?.state === 'gone' || row?.state === 'removing' || (row === null && object === null)) return null
  if (row === null) return { code: 'row.missing', message: 'A pack has no row in the database; the next start of the hub adopts it.' }
  if (object === null)
    return row.state === 'lost' ? null : { code: 'object.missing', message: 'A row of the database names a pack that is not stored.' }
  if (row.state === 'lost')
    return { code: 'row.stale', message: 'A pack that is stored counts as lost; the next start of the hub has it back.' }
  try {
    const { record } = await readPackEnd(vault, fromHex(id), object)
    return isSame(record, row) ? null : { code: 'row.differs', message: 'The row of a pack says something else than the pack.' }
  } catch (error) {
    // The damage itself is a finding of the engine's check.
    if (isDamage(error)) return null
    throw error
  }
}

function isSame(pack: PackEnd['record'], row: PackRecord): boolean {
  const names = ['sizeBytes', 'domainId', 'kind', 'keyEpoch', 'segments', 'blobs'] as const
  return names.every((name) => pack[name] === row[name]) && equalBytes(pack.footer, row.footer)
}
