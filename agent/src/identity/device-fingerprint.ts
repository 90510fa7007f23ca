import { createHash } from 'node:crypto'
import { deviceFingerprint } from '@holdfast/engine/unlock'
import { rawPublicKey, type AgentKeys } from './agent-keys.ts'

/** Names the keys of this device: a hub that shows another one at the approval offers a device of its own making. */
export const fingerprintOfDevice = ({ signKey, boxKey }: AgentKeys): Promise<string> =>
  deviceFingerprint({ sha256 }, { signPublicKey: rawPublicKey(signKey), boxPublicKey: rawPublicKey(boxKey) })

const sha256 = (...parts: readonly Uint8Array[]): Uint8Array => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}
