import { equalBytes } from '../bytes/index.ts'
import { EngineError, isEngineError, type EngineErrorCode } from '../errors/index.ts'
import { decodeKeySlot, decodeVaultFile, uuidToBytes, type KeySlot } from '../format/index.ts'
import { unwrapKey, type KeySecret, type NewKeySlot, type SlotSecret } from './key-slots.ts'
import type { UnlockPrimitives } from './primitives.ts'
import { VaultKeys } from './vault-keys.ts'

export interface VaultToCreate {
  /** UUIDs. */
  readonly vaultId: string
  readonly domainId: string
  readonly kind: 'managed' | 'private'
  readonly createdAtMs: number
  /** At least one; each becomes a slot. */
  readonly secrets: readonly KeySecret[]
}

/** All that a new vault begins with. */
export interface VaultObjects {
  /** For vault.json. */
  readonly vaultFile: Uint8Array
  /** In the order of the secrets. */
  readonly slots: readonly NewKeySlot[]
  /** `K_hub`: all of a private vault that its hub is given. */
  readonly hubKey: Uint8Array
  readonly keys: VaultKeys
}

/** Makes the keys of a new vault, and writes nothing. @throws EngineError `format.invalid` for ids that are none; `vault.invalid` for a private vault that a hub could open */
export async function createVaultObjects(primitives: UnlockPrimitives, vault: VaultToCreate): Promise<VaultObjects> {
  const file = {
    vaultId: vault.vaultId,
    kind: vault.kind,
    createdAtMs: vault.createdAtMs,
    features: [],
    domains: [{ id: vault.domainId, keyEpoch: 1 }],
  }
  uuidToBytes(vault.domainId)
  const keys = await VaultKeys.of(primitives, file, primitives.randomBytes(32))
  const slots: NewKeySlot[] = []
  for (const secret of vault.secrets) slots.push(await keys.addSlot(secret))
  return { vaultFile: await keys.vaultFile(), slots, hubKey: keys.hubKey, keys }
}

/** Objects of a vault as they are stored. */
export interface LockedVault {
  readonly vaultFile: Uint8Array
  /** Of any kinds. */
  readonly slots: readonly Uint8Array[]
}

/**
 * @throws EngineError `vault.invalid`, `format.unsupported-version` for vault.json; when no slot opens with the secret
 *   `key-slot.wrong-secret`, or what is wrong with a slot that could not be read
 */
export async function unlockVault(primitives: UnlockPrimitives, { vaultFile, slots }: LockedVault, secret: KeySecret): Promise<VaultKeys> {
  const maced = decodeVaultFile(vaultFile)
  const file = maced.value
  const masterKey = await findKey(primitives, { vaultId: uuidToBytes(file.vaultId), slots, refused: [] }, secret)
  const keys = await VaultKeys.of(primitives, file, masterKey)
  if (!equalBytes(await keys.vaultFile(), vaultFile)) throw wrongSeal()
  return keys
}

export const wrongSeal = (): EngineError =>
  new EngineError('vault.invalid', 'vault.json was changed: its seal does not fit the vault\u2019s key.')

export interface SlotsToTry {
  /** 16 bytes. */
  readonly vaultId: Uint8Array
  readonly slots: readonly Uint8Array[]
  /** Slots that could not even be read. */
  readonly refused: readonly EngineError[]
}

/** Whoever can write to a store could otherwise keep a device stretching for days. Slots of other kinds cost next to nothing. */
export const mostPassphrases = 64

/** A damaged slot, or one of a newer version, costs its own secret only: the vault has others. */
const failuresOfOneSlot: ReadonlySet<EngineErrorCode> = new Set([
  'key-slot.wrong-secret',
  'vault.invalid',
  'format.unsupported-version',
] as const)

/** The key in the first slot that the secret opens; the cheapest to stretch come first. @throws EngineError as {@link unlockVault} does */
export async function findKey(
  primitives: UnlockPrimitives,
  { vaultId, slots, refused }: SlotsToTry,
  secret: SlotSecret,
): Promise<Uint8Array> {
  const problems = [...refused]
  const attempt = async <T>(what: () => T | Promise<T>): Promise<T | null> => {
    try {
      return await what()
    } catch (error) {
      if (!isEngineError(error) || !failuresOfOneSlot.has(error.code)) throw error
      problems.push(error)
      return null
    }
  }
  const fitting: KeySlot[] = []
  for (const bytes of slots) {
    const slot = await attempt(() => decodeKeySlot(bytes))
    if (slot === null || slot.kind !== secret.kind) continue
    if (equalBytes(slot.vaultId, vaultId)) fitting.push(slot)
    else problems.push(new EngineError('vault.invalid', 'A key slot is of another vault than vault.json says: one of the two was changed.'))
  }
  const most = secret.kind === 'passphrase' ? mostPassphrases : fitting.length
  for (const slot of fitting.toSorted((left, right) => workOf(left) - workOf(right)).slice(0, most)) {
    const key = await attempt(() => unwrapKey(primitives, slot, secret))
    if (key !== null) return key
  }
  // A slot that could not be read may be the very one: "wrong secret" would send its owner after another secret.
  const unreadable = problems.find(({ code }) => code !== 'key-slot.wrong-secret')
  if (unreadable !== undefined) throw unreadable
  throw new EngineError('key-slot.wrong-secret', 'No key slot of the vault opens with this secret.', { cause: problems.at(-1) })
}

const workOf = ({ cost }: KeySlot): number => cost.memoryKiB * cost.iterations
