import { beforeCrcTail, ByteReader, ByteWriter, copyBytes, withCrcTail } from '../bytes/index.ts'
import { EngineError } from '../errors/index.ts'
import { objectIdBytes } from './blob-type.ts'

const magic = new TextEncoder().encode('HFKEY1\n\0')
const version = 1
const slotBytes = 152

/** `hub-statements` holds the hub's key of a private vault, all others the master key. */
export const keySlotKinds = ['hub-secret', 'passphrase', 'recovery-words', 'hub-statements'] as const
export type KeySlotKind = (typeof keySlotKinds)[number]

/** argon2id parameters; all zero where no passphrase is stretched. */
export interface StretchCost {
  readonly memoryKiB: number
  readonly iterations: number
  readonly parallelism: number
}

export interface KeySlot {
  readonly kind: KeySlotKind
  readonly vaultId: Uint8Array
  readonly slotId: Uint8Array
  readonly cost: StretchCost
  /** 32 bytes. */
  readonly salt: Uint8Array
  /** 12 bytes. */
  readonly nonce: Uint8Array
  /** Wrapped key and tag: 48 bytes. */
  readonly wrapped: Uint8Array
}

const damaged = (): EngineError => new EngineError('vault.invalid', 'A key slot is damaged.')

/** Less than OWASP's floor is refused as weak, more than 1 GiB or 32 passes as an attack on the reader: a phone opens vaults too. */
const minMemoryKiB = 19 * 1024
const maxMemoryKiB = 1024 * 1024
const maxIterations = 32

export function keySlotAad(slot: Omit<KeySlot, 'nonce' | 'wrapped'>): Uint8Array {
  return new ByteWriter(slotBytes)
    .bytes(magic)
    .u16(version)
    .u8(keySlotKinds.indexOf(slot.kind) + 1)
    .u8(0)
    .bytes(slot.vaultId)
    .bytes(slot.slotId)
    .u32(slot.cost.memoryKiB)
    .u32(slot.cost.iterations)
    .u32(slot.cost.parallelism)
    .bytes(slot.salt)
    .toBytes()
}

/** Its checksum is of bytes that everybody sees: it tells nothing of the key, and rot from a wrong secret. */
export const encodeKeySlot = (slot: KeySlot): Uint8Array =>
  withCrcTail(new ByteWriter(slotBytes).bytes(keySlotAad(slot)).bytes(slot.nonce).bytes(slot.wrapped).toBytes())

/** Slots of every version begin and end like this, so that rot is never taken for a version to come. */
function isWhole(bytes: Uint8Array): boolean {
  const slot = beforeCrcTail(bytes)
  return slot !== null && slot.length >= magic.length + 2 && magic.every((byte, index) => slot[index] === byte)
}

/** @throws EngineError `vault.invalid`, `format.unsupported-version` */
export function decodeKeySlot(bytes: Uint8Array): KeySlot {
  if (!isWhole(bytes)) throw damaged()
  const reader = new ByteReader(bytes)
  reader.bytes(magic.length)
  if (reader.u16() !== version) throw new EngineError('format.unsupported-version', 'A key slot is of a newer version: update Holdfast.')
  if (bytes.length !== slotBytes) throw damaged()
  const kind = keySlotKinds[reader.u8() - 1]
  if (kind === undefined || reader.u8() !== 0)
    throw new EngineError('format.unsupported-version', 'A key slot is of a kind this version does not know: update Holdfast.')
  const slot: KeySlot = {
    kind,
    vaultId: copyBytes(reader.bytes(objectIdBytes)),
    slotId: copyBytes(reader.bytes(objectIdBytes)),
    cost: { memoryKiB: reader.u32(), iterations: reader.u32(), parallelism: reader.u32() },
    salt: copyBytes(reader.bytes(32)),
    nonce: copyBytes(reader.bytes(12)),
    wrapped: copyBytes(reader.bytes(48)),
  }
  const { memoryKiB, iterations, parallelism } = slot.cost
  const isCostFine =
    kind === 'passphrase'
      ? memoryKiB >= minMemoryKiB &&
        memoryKiB <= maxMemoryKiB &&
        iterations >= 1 &&
        iterations <= maxIterations &&
        parallelism >= 1 &&
        parallelism <= 16
      : memoryKiB === 0 && iterations === 0 && parallelism === 0
  if (!isCostFine) throw new EngineError('vault.invalid', 'A key slot asks for an impossible key derivation.')
  return slot
}
