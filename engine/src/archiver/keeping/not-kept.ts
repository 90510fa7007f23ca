import { EngineError } from '../../errors/index.ts'

/** Rooms of errors that say of stored bytes that they are not what they should be. */
const damageRooms = ['bytes.', 'format.', 'pack.', 'segment.', 'blob.', 'snapshot.'] as const

/** The base, or part of it, cannot be read whoever tries again: anything else ends the backup, which can be made once more. */
export const isDamage = (error: unknown): error is EngineError =>
  error instanceof EngineError && damageRooms.some((room) => error.code.startsWith(room))

export const notKept = (cause: EngineError): EngineError =>
  new EngineError(
    cause.code,
    `This was deleted at the source, and what the last snapshot holds of it could not be kept in this one: ${cause.message} Look for it in older snapshots.`,
    { cause },
  )

export const restNotKept = (cause: EngineError): EngineError =>
  new EngineError(
    cause.code,
    `What was deleted in this folder could not be kept from the last snapshot, all or part of it: ${cause.message} Look for it in older snapshots.`,
    { cause },
  )
