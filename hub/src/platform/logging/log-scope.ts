import { AsyncLocalStorage } from 'node:async_hooks'

/** Ids that every line of one request, message or run carries without being passed around. */
export interface LogScope {
  readonly requestId?: string
  readonly agentId?: string
  readonly correlationId?: string
}

export const logScope = new AsyncLocalStorage<LogScope>()
