import { readFile } from 'node:fs/promises'
import { AgentId, AppError, DomainId, HubId, VaultId, VaultKind } from '@holdfast/shared-types'
import { z } from 'zod'
import { systemErrorCode } from '../errors/to-app-error.ts'
import type { AgentFolders } from '../state/agent-folders.ts'
import { writeFileAtomically } from '../state/write-file-atomically.ts'
import { loadAgentKeys, type AgentKeys } from './agent-keys.ts'
import { VaultTrust } from './vault-trust.ts'

/** Who this device is at which hub. The file exists exactly when the device is enrolled: it is written last. */
export const Identity = z.object({
  agentId: AgentId,
  hubId: HubId,
  /** Origin of the hub, without a trailing slash. */
  hubUrl: z.url(),
  /** Certificates (PEM) of the authority that signs this hub's, where the system does not know it. */
  authority: z.string().optional(),
  vaultId: VaultId,
  /** As the hub said at enrolment; absent where neither of them knew of private ones, so managed. */
  vaultKind: VaultKind.optional(),
  domainId: DomainId,
  name: z.string(),
  enrolledAtMs: z.int(),
})
export type Identity = z.infer<typeof Identity>

export interface EnrolledAgent {
  readonly identity: Identity
  readonly keys: AgentKeys
  /** What it knows of its vault. */
  readonly trust: VaultTrust
}

/** Null when this machine is not enrolled. @throws AppError `agent.identity-invalid` when the file is damaged. */
export async function readIdentity(folders: Pick<AgentFolders, 'identityFile'>): Promise<Identity | null> {
  let text: string
  try {
    text = await readFile(folders.identityFile, 'utf8')
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return null
    throw new AppError('settings.invalid', {
      message: `The agent's state in ${folders.identityFile} cannot be read.`,
      cure: 'Run this as the user the agent runs as, or set HOLDFAST_AGENT_HOME.',
      cause: error,
    })
  }
  const parsed = Identity.safeParse(parseJson(text))
  if (parsed.success) return parsed.data
  throw new AppError('agent.identity-invalid', {
    message: 'The file identity.json of this device is damaged.',
    cure: 'Restore it, or remove the state folder and enrol again.',
  })
}

/** Durable when it resolves. */
export const writeIdentity = (folders: Pick<AgentFolders, 'identityFile'>, identity: Identity): Promise<void> =>
  writeFileAtomically(folders.identityFile, `${JSON.stringify(identity, null, 2)}\n`)

/** Identity, keys and what is known of the vault. @throws AppError `agent.not-enrolled` or `agent.identity-invalid`. */
export async function loadEnrolledAgent(folders: AgentFolders): Promise<EnrolledAgent> {
  const identity = await readIdentity(folders)
  if (identity === null) throw new AppError('agent.not-enrolled')
  return { identity, keys: await loadAgentKeys(folders.keysFolder), trust: await VaultTrust.load(folders, identity) }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Reported as damaged by the caller.
    return null
  }
}
