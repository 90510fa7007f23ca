/** What every long piece of work needs: clocks, a turn for the event loop now and then, a way to stop, and a list of what went wrong. */
export type { Clock } from './clock.ts'
export { heldDescriptors, HeldDescriptors } from './held-descriptors.ts'
export { ItemWarnings } from './item-warnings.ts'
export type { ItemErrorHandler, ItemWarning } from './item-warnings.ts'
export { asCancelled, Pacer } from './pacer.ts'
export { PauseGate } from './pause-gate.ts'
export { isRunning, placeHash, startOf } from './process-identity.ts'
