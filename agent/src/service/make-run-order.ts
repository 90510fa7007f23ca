import { hostname } from 'node:os'
import type { BodyOf, hubCommands } from '@holdfast/shared-types'
import type { AgentConfig } from '../config/agent-config.ts'
import { agentVersion } from '../identity/agent-version.ts'
import type { EnrolledAgent } from '../identity/identity.ts'
import type { RunOrder } from '../runs/worker-messages.ts'
import type { AgentFolders } from '../state/agent-folders.ts'
import type { LockPurpose } from '../state/process-lock.ts'
import type { LimitsInForce } from './limits-in-force.ts'

export type RunOffer = BodyOf<typeof hubCommands, 'run.offer'>

interface OrderContext {
  readonly config: AgentConfig
  readonly folders: AgentFolders
  readonly agent: EnrolledAgent
  readonly purpose: LockPurpose
  readonly limits: Pick<LimitsInForce, 'isBackground'>
}

/** All that a worker needs for an offered run. */
export function makeRunOrder(offer: RunOffer, { config, folders, agent, purpose, limits }: OrderContext): RunOrder {
  const { identity, keys } = agent
  const exported = { format: 'der', type: 'pkcs8' } as const
  return {
    runId: offer.runId,
    fence: offer.fence,
    request: offer.request,
    planName: offer.plan ?? '',
    agentId: identity.agentId,
    vaultId: offer.request.kind === 'backup' ? offer.request.vaultId : identity.vaultId,
    domainId: identity.domainId,
    hostname: hostname(),
    version: agentVersion,
    signKey: keys.signKey.export(exported),
    boxKey: keys.boxKey.export(exported),
    catalogueFolder: folders.catalogueFolder,
    excludedFolders: ownPlaces(config, folders),
    takesOthersSnapshots: config.takesOthersSnapshots,
    takesRewrittenSnapshots: config.takesRewrittenSnapshots,
    memory: config.memory,
    // For a restore, and for a command that works in its own process, somebody waits.
    givesWay: limits.isBackground && purpose === 'service' && offer.request.kind !== 'restore',
  }
}

/** What belongs to Holdfast on this machine: never backed up, never restored into, and marked where people browse. */
export const ownPlaces = (config: AgentConfig, folders: AgentFolders): readonly string[] =>
  [folders.home, config.hubDataFolder, config.hubStoreFolder].filter((folder) => folder !== null)
