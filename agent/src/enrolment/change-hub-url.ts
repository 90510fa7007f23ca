import { AppError } from '@holdfast/shared-types'
import type { HubPlace } from '../hub-connection/hub-trust.ts'
import { readIdentity, writeIdentity, type Identity } from '../identity/identity.ts'
import type { AgentFolders } from '../state/agent-folders.ts'

/**
 * Follows a hub that moved to another address, or got a certificate of another authority; the device stays the same. A running agent takes it up at its next start.
 * @throws AppError `agent.not-enrolled`
 */
export async function changeHubUrl(folders: AgentFolders, { hubUrl, authority }: HubPlace): Promise<Identity> {
  const identity = await readIdentity(folders)
  if (identity === null) throw new AppError('agent.not-enrolled')
  const changed = { ...identity, hubUrl, ...(authority === undefined ? {} : { authority }) }
  if (identity.hubUrl !== hubUrl || identity.authority !== changed.authority) await writeIdentity(folders, changed)
  return changed
}
