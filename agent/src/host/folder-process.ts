/** A process that looks into folders for the agent, one question after the other; it ends with the agent, or when the agent lets go. */
import { toWireError, type HostPage, type WireError } from '@holdfast/shared-types'
import { toAppError } from '../errors/to-app-error.ts'
import { listFolder, type ListOrder } from './list-folder.ts'

export type ListAnswer = { readonly page: HostPage } | { readonly error: WireError }
/** Said once: what it takes to be here says nothing of a disk. */
export const isHere = 'here'

process.on('disconnect', () => process.exit(0))
process.on('message', (order: ListOrder) => {
  process.send?.(answerTo(order))
})
process.send?.(isHere)

function answerTo(order: ListOrder): ListAnswer {
  try {
    return { page: listFolder(order) }
  } catch (error) {
    return { error: toWireError(toAppError(error)) }
  }
}
