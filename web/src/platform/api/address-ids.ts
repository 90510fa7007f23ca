import type { AgentId, PlanId, RunId, SnapshotId, VaultId } from '@holdfast/shared-types'

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const hex16Bytes = /^[0-9a-f]{32}$/

const read = (pattern: RegExp, text: unknown): string | null => (typeof text === 'string' && pattern.test(text) ? text : null)

/*
 * Ids as they stand in the browser's address. Null = this cannot be one, and the page says that there is nothing here
 * instead of asking the hub.
 */
export const readAgentId = (text: unknown) => read(uuid, text) as AgentId | null
export const readPlanId = (text: unknown) => read(uuid, text) as PlanId | null
export const readRunId = (text: unknown) => read(uuid, text) as RunId | null
export const readVaultId = (text: unknown) => read(uuid, text) as VaultId | null
export const readSnapshotId = (text: unknown) => read(hex16Bytes, text) as SnapshotId | null
