import { EngineError } from '../errors/index.ts'

/** version ‖ ephemeral public key ‖ four keys ‖ tag */
const sealedKeysBytes = 1 + 32 + 128 + 16
const version = 1

/** What can be said of a domain's sealed keys without opening them. @throws EngineError `vault.invalid`, `format.unsupported-version` */
export function checkSealedKeys(bytes: Uint8Array): void {
  if (bytes.length > 0 && bytes[0] !== version)
    throw new EngineError('format.unsupported-version', 'The sealed keys of a device are of a newer version: update Holdfast.')
  if (bytes.length !== sealedKeysBytes) throw new EngineError('vault.invalid', 'The sealed keys of a device are damaged.')
}
