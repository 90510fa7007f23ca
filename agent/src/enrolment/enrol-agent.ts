import { rm } from 'node:fs/promises'
import { AppError, type EnrolAnswer } from '@holdfast/shared-types'
import { discretionOf } from '../discretion/discretion.ts'
import { createHubClient } from '../hub-connection/hub-client.ts'
import { boxKeySignature, makeAgentKeys, rawPublicKey, saveAgentKeys } from '../identity/agent-keys.ts'
import { agentVersion } from '../identity/agent-version.ts'
import { hostFacts } from '../identity/host-facts.ts'
import { readIdentity, writeIdentity, type Identity } from '../identity/identity.ts'
import { writeVaultPin } from '../identity/vault-pin.ts'
import { makeAgentFolders, type AgentFolders } from '../state/agent-folders.ts'
import { takeLock } from '../state/process-lock.ts'

export interface EnrolOptions {
  /** Origin of the hub. */
  readonly hubUrl: string
  readonly token: string
  /** Certificates (PEM) that are trusted besides the system's. */
  readonly authority?: string | undefined
  /** Shown at the hub; its own choice (the token's, or the host's name) when left out. */
  readonly name?: string | undefined
  /** Of the private vault that it is to be, as a person compared it: with it, not even the first keys are the hub's to choose. */
  readonly vaultFingerprint?: string | undefined
}

/**
 * Joins a hub: makes both key pairs, sends the public halves, keeps who the hub says this device is.
 *
 * The identity file is written last, so a crash at any point leaves either an enrolled device or one that is not.
 * @throws AppError `agent.already-enrolled`, `agent.busy`, `enrolment.token-invalid`, `vault.keys-changed`, `hub.unreachable`
 */
export async function enrolAgent(folders: AgentFolders, options: EnrolOptions): Promise<Identity> {
  if ((await readIdentity(folders)) !== null) throw new AppError('agent.already-enrolled')
  makeAgentFolders(folders)
  const attempt = await takeLock(folders.lockFile, 'command')
  if (!attempt.taken) throw new AppError('agent.busy', { context: { pid: attempt.holder?.pid ?? null } })
  try {
    return await enrolLocked(folders, options)
  } finally {
    attempt.lock.release()
  }
}

const authorityOf = ({ authority }: EnrolOptions): Pick<Identity, 'authority'> => (authority === undefined ? {} : { authority })

/** Nothing is known of the device's files yet, and what it says of itself is the hub's to know. */
const beforeKeys = discretionOf({ isPrivate: false })

async function enrolLocked(folders: AgentFolders, options: EnrolOptions): Promise<Identity> {
  if ((await readIdentity(folders)) !== null) throw new AppError('agent.already-enrolled')
  const keys = makeAgentKeys()
  // Durable before the hub knows them: a device whose keys are lost would have to be enrolled again.
  await saveAgentKeys(folders.keysFolder, keys)
  const client = createHubClient({ hubUrl: options.hubUrl, authority: options.authority, issuer: null, discretion: beforeKeys })
  try {
    const answer = await client.call(
      'enrol',
      {
        body: {
          token: options.token,
          ...(options.name === undefined ? {} : { name: options.name }),
          host: hostFacts(),
          version: agentVersion,
          signPublicKey: rawPublicKey(keys.signKey).toString('base64url'),
          boxPublicKey: rawPublicKey(keys.boxKey).toString('base64url'),
          boxSignature: boxKeySignature(keys).toString('base64url'),
        },
      },
      { timeoutMs: 30_000 },
    )
    await pinVault(folders, answer, options.vaultFingerprint ?? null)
    const identity: Identity = { ...answer, hubUrl: options.hubUrl, enrolledAtMs: Date.now(), ...authorityOf(options) }
    await writeIdentity(folders, identity)
    return identity
  } catch (error) {
    // Keys without an identity are nobody's.
    await rm(folders.keysFolder, { recursive: true, force: true })
    await rm(folders.vaultPinFile, { force: true })
    throw error
  } finally {
    await client.close()
  }
}

/** Durable before the identity is: a device that is enrolled in a private vault knows that it is. */
async function pinVault(folders: AgentFolders, { vaultId, vaultKind }: EnrolAnswer, fingerprint: string | null): Promise<void> {
  if (vaultKind === 'private') return writeVaultPin(folders, { version: 1, vaultId, kind: 'private', fingerprint, keys: null })
  // One of an enrolment before, which was cut short.
  await rm(folders.vaultPinFile, { force: true })
  if (fingerprint === null) return
  throw new AppError('vault.keys-changed', {
    message: 'A fingerprint of a private vault was given, and the hub says that this device\u2019s vault is not private.',
    cure: 'Make a new token for the private vault, and remove the device that the hub has just got. The token is used up.',
  })
}
