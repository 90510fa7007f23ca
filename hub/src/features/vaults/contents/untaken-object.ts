import { isEngineError } from '@holdfast/engine/errors'
import { AppError, type VaultDetails, type VaultId } from '@holdfast/shared-types'

/**
 * What has to be done about one: `restart` = whole, the next start of the hub takes it on; `rights` = the hub is not permitted to read it; `newer` = whole for all that is known, and
 * written by a newer Holdfast; `damaged` = it is to be brought back.
 */
export type UntakenCure = VaultDetails['untaken']['objects'][number]['cure']

/** A snapshot or journal that lies in the store and that this hub cannot read or verify: nobody knows what it needs, or what was decided. */
export interface UntakenObject {
  readonly key: string
  readonly cure: UntakenCure
  /** What is wrong with it, for people. */
  readonly message: string
}

/** @param error what reading it threw: damage, or a version that is not known */
export function untakenObject(key: string, error: unknown): UntakenObject {
  if (isForbidden(error)) return { key, cure: 'rights', message: 'The hub is not permitted to read it.' }
  const cure = isEngineError(error, 'format.unsupported-version') ? 'newer' : 'damaged'
  return { key, cure, message: error instanceof Error ? error.message : String(error) }
}

/** Also of what a store said of a bad sector, which is its cause. */
const isForbidden = (error: unknown): boolean =>
  isEngineError(error) && (['EACCES', 'EPERM'].includes(String(error.context['systemCode'])) || isForbidden(error.cause))

/** The one to begin with: of what is whole nobody must think that it is lost. */
export function firstUntaken(untaken: readonly UntakenObject[]): UntakenObject | undefined {
  const order = ['restart', 'rights', 'newer', 'damaged'] as const
  return order.flatMap((cure) => untaken.filter((object) => object.cure === cure))[0]
}

/** Whole: it is neither to be brought back nor to be given up. */
export const isOnlyWaiting = ({ cure }: UntakenObject): boolean => cure === 'restart' || cure === 'rights'

/** What a person does about it. */
export function untakenCure(vaultId: VaultId, { key, cure }: UntakenObject): string {
  const givingUp = `Only if it is lost for good: \`holdfast-hub gc --vault ${vaultId} --give-up ${key}\`.`
  return {
    restart: 'Start the hub again: it takes it on then.',
    rights: 'Give it, and the key of its device under `a/`, to the user that the hub runs as; then do it again.',
    newer: `Start a version of Holdfast that can read it. ${givingUp}`,
    damaged: `Bring it back from a copy of the store, with the key of its device under \`a/\`; then do it again. ${givingUp}`,
  }[cure]
}

/** Nothing may be removed, or moved, as long as it may be needed by what nobody can read. @throws AppError `vault.collection-unsafe` */
export function requireAllTaken({ id, untaken }: { readonly id: VaultId; readonly untaken: readonly UntakenObject[] }): void {
  const first = firstUntaken(untaken)
  if (first === undefined) return
  const many = untaken.length === 1 ? 'An object of the vault cannot be read' : `${untaken.length} objects of the vault cannot be read`
  throw new AppError('vault.collection-unsafe', {
    message: `${many}, so that nobody knows what is needed: ${first.key}${untaken.length === 1 ? '' : ' and others'}. ${first.message} Nothing was removed.`,
    cure: untakenCure(id, first),
    context: { vaultId: id, object: first.key, objects: untaken.length },
  })
}
