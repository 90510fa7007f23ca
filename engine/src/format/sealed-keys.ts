import { beforeCrcTail, withCrcTail } from '../bytes/index.ts'
import { EngineError } from '../errors/index.ts'

/** version ‖ ephemeral public key ‖ four keys ‖ tag */
const sealedKeysBytes = 1 + 32 + 128 + 16
const version = 1

/** What can be said of a domain's sealed keys without opening them. @throws EngineError `vault.invalid`, `format.unsupported-version` */
export function checkSealedKeys(bytes: Uint8Array): void {
  if (bytes.length > 0 && bytes[0] !== version)
    throw new EngineError('format.unsupported-version', 'The sealed keys of a device are of a newer version: update Holdfast.')
  if (bytes.length !== sealedKeysBytes) throw damaged()
}

/** The object `b/<agentId>`. A hub cannot open what is in it, and without a checksum would not see it rot. */
export function encodeSealedKeys(sealed: Uint8Array): Uint8Array {
  checkSealedKeys(sealed)
  return withCrcTail(sealed)
}

/** @returns a view of the sealed keys in it. @throws EngineError `vault.invalid`, `format.unsupported-version` */
export function decodeSealedKeys(object: Uint8Array): Uint8Array {
  const sealed = beforeCrcTail(object)
  if (sealed === null) throw damaged()
  checkSealedKeys(sealed)
  return sealed
}

const damaged = (): EngineError =>
  new EngineError('vault.invalid', 'The sealed keys of a device are damaged: they have to be sealed to it again.')
