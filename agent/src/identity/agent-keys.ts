import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '@holdfast/shared-types'
import { writeFileAtomically } from '../state/write-file-atomically.ts'

/** The two private keys of a device. They never leave it. */
export interface AgentKeys {
  /** Ed25519: hellos, tokens, snapshots. */
  readonly signKey: KeyObject
  /** X25519: opens the domain keys the hub seals to this device. */
  readonly boxKey: KeyObject
}

const files = { signKey: 'sign.ed25519', boxKey: 'box.x25519' } as const

export const makeAgentKeys = (): AgentKeys => ({
  signKey: generateKeyPairSync('ed25519').privateKey,
  boxKey: generateKeyPairSync('x25519').privateKey,
})

/** Raw 32 bytes of the public half. */
export function rawPublicKey(privateKey: KeyObject): Buffer {
  const { x } = createPublicKey(privateKey).export({ format: 'jwk' })
  return Buffer.from(x ?? '', 'base64url')
}

/** Raw 32 bytes of the private half. */
export function rawPrivateKey(privateKey: KeyObject): Buffer {
  const { d } = privateKey.export({ format: 'jwk' })
  return Buffer.from(d ?? '', 'base64url')
}

export const signBytes = (keys: Pick<AgentKeys, 'signKey'>, message: Uint8Array): Buffer => sign(null, message, keys.signKey)

/** Proves that the owner of the signing key chose this box key (docs/vault-format.md §5). */
export const boxKeySignature = (keys: AgentKeys): Buffer =>
  signBytes(keys, Buffer.concat([Buffer.from('holdfast-agent-key-1'), rawPublicKey(keys.boxKey)]))

/** PKCS8, mode 0600; durable when it resolves. */
export async function saveAgentKeys(folder: string, keys: AgentKeys): Promise<void> {
  for (const name of ['signKey', 'boxKey'] as const) {
    await writeFileAtomically(join(folder, files[name]), keys[name].export({ format: 'der', type: 'pkcs8' }))
  }
}

export async function loadAgentKeys(folder: string): Promise<AgentKeys> {
  return { signKey: await loadKey(folder, 'signKey', 'ed25519'), boxKey: await loadKey(folder, 'boxKey', 'x25519') }
}

async function loadKey(folder: string, name: keyof typeof files, kind: 'ed25519' | 'x25519'): Promise<KeyObject> {
  try {
    const key = createPrivateKey({ key: await readFile(join(folder, files[name])), format: 'der', type: 'pkcs8' })
    if (key.asymmetricKeyType === kind) return key
  } catch (error) {
    throw lostKey(files[name], error)
  }
  throw lostKey(files[name])
}

const lostKey = (file: string, cause?: unknown): AppError =>
  new AppError('agent.identity-invalid', {
    message: `The device's key file keys/${file} is missing or damaged.`,
    cure: 'Enrol this machine again: remove its state folder, then run `holdfast enrol`.',
    cause,
  })
