import { AppError, type AckEnvelope, type AnyEnvelope, type OperationId } from '@holdfast/shared-types'
import { namelessAnswer } from './nameless-answer.ts'
import { requireNamelessCall } from './nameless-call.ts'
import { namelessMessage } from './nameless-messages.ts'

/**
 * The one door through which everything goes that leaves for the hub. Of a managed vault all passes as it is: its hub reads names anyway. Of a private one only what
 * cannot hold a name, put together anew; what is not known to be nameless does not pass.
 */
export interface Discretion {
  /** A message over the link, as it may leave. @throws where it may not leave at all */
  message<T extends AnyEnvelope>(envelope: T): T
  /** An answer to a command of the hub. */
  answer(type: string, answer: AckEnvelope): AckEnvelope
  /** A call over HTTP. @throws AppError `vault.private` */
  requireHarmless(operation: OperationId, input: unknown): void
  /** @throws AppError `vault.private` for what a private vault's device does not show at all: before it is looked up */
  requireManaged(): void
}

/** Asked with each message: a device learns with its first keys that its vault is private, and from then on it is. */
export const discretionOf = (vault: { readonly isPrivate: boolean }): Discretion => ({
  message: (envelope) => (vault.isPrivate ? (namelessMessage(envelope) as typeof envelope) : envelope),
  answer: (type, answer) => (vault.isPrivate ? namelessAnswer(type, answer) : answer),
  requireHarmless(operation, input) {
    if (vault.isPrivate) requireNamelessCall(operation, input)
  },
  requireManaged() {
    if (vault.isPrivate) throw new AppError('vault.private')
  },
})
