import { isEngineError } from '@holdfast/engine/errors'
import { AppError, type VaultId } from '@holdfast/shared-types'

/** A snapshot or journal that lies in the store and that this hub cannot read or verify: nobody knows what it needs, or what was decided. */
export interface UntakenObject {
  readonly key: string
  /** Whole for all that is known, and written by a newer Holdfast. */
  readonly isNewer: boolean
  /** What is wrong with it, for people. */
  readonly message: string
}

/** @param error what reading it threw: damage, or a version that is not known */
export const untakenObject = (key: string, error: unknown): UntakenObject => ({
  key,
  isNewer: isEngineError(error, 'format.unsupported-version'),
  message: error instanceof Error ? error.message : String(error),
})

/** Nothing may be removed, or moved, as long as it may be needed by what nobody can read. @throws AppError `vault.collection-unsafe` */
export function requireAllTaken({ id, untaken }: { readonly id: VaultId; readonly untaken: readonly UntakenObject[] }): void {
  const [first] = untaken
  if (first === undefined) return
  const many = untaken.length === 1 ? 'An object of the vault cannot be read' : `${untaken.length} objects of the vault cannot be read`
  throw new AppError('vault.collection-unsafe', {
    message: `${many}, so that nobody knows what is needed: ${first.key}${untaken.length === 1 ? '' : ' and others'}. ${first.message} Nothing was removed.`,
    cure: untaken.some(({ isNewer }) => isNewer)
      ? `Start a version of Holdfast that can read it. Only if it is lost for good: \`holdfast-hub gc --vault ${id} --give-up ${first.key}\`.`
      : `Bring it back from a copy of the store, with the key of its device under \`a/\`; then do it again. Only if it is lost for good: \`holdfast-hub gc --vault ${id} --give-up ${first.key}\`.`,
    context: { vaultId: id, object: first.key, objects: untaken.length },
  })
}
