import { readFile } from 'node:fs/promises'
import { AppError, DomainId, VaultId } from '@holdfast/shared-types'
import { z } from 'zod'
import { systemErrorCode } from '../errors/to-app-error.ts'
import type { AgentFolders } from '../state/agent-folders.ts'
import { writeFileAtomically } from '../state/write-file-atomically.ts'
import { fingerprintForm } from './vault-fingerprint.ts'

/** As they came, sealed to this device: what its own commands open to show what is in the vault. */
const SealedKeys = z.strictObject({ domainId: DomainId, keyEpoch: z.int().min(1), sealedDomainKeys: z.base64url() })

/** The private vault that this device was let into. There is no such file for managed ones, whose hub has the keys anyway. */
export const VaultPin = z.strictObject({
  version: z.literal(1),
  vaultId: VaultId,
  kind: z.literal('private'),
  /** Of the vault's keys; null until the first ones come, unless it was said when the device was enrolled. */
  fingerprint: z.string().regex(fingerprintForm).nullable(),
  /** Null until the first ones come. */
  keys: SealedKeys.nullable(),
})
export type VaultPin = z.infer<typeof VaultPin>

type PinFile = Pick<AgentFolders, 'vaultPinFile'>

/** Null where there is none. @throws AppError `agent.identity-invalid` where it is damaged: what was pinned is not forgotten by a torn file. */
export async function readVaultPin({ vaultPinFile }: PinFile): Promise<VaultPin | null> {
  let text: string
  try {
    text = await readFile(vaultPinFile, 'utf8')
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return null
    throw damagedPin(error)
  }
  const parsed = VaultPin.safeParse(parseJson(text))
  if (parsed.success) return parsed.data
  throw damagedPin()
}

/** Durable when it resolves. */
export const writeVaultPin = ({ vaultPinFile }: PinFile, pin: VaultPin): Promise<void> =>
  writeFileAtomically(vaultPinFile, `${JSON.stringify(pin, null, 2)}\n`)

export const damagedPin = (cause?: unknown): AppError =>
  new AppError('agent.identity-invalid', {
    message: 'The file vault-pin.json, which says whose vault this device was let into, is missing, damaged or cannot be read.',
    cure: 'Restore it, or remove the state folder and enrol again; compare the vault\u2019s fingerprint then.',
    cause,
  })

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Reported as damaged by the caller.
    return null
  }
}
