import { toHex } from '@holdfast/engine/bytes'
import { EngineError } from '@holdfast/engine/errors'
import { decodeSnapshotObject, uuidFromBytes } from '@holdfast/engine/format'
import { openSnapshotBody, verifySnapshotSignature } from '@holdfast/engine/reader'
import { InlineOpener, nodePrimitives, rawPublicKey, RemoteSource, smallReadRoom } from '@holdfast/engine/vault'
import type { SnapshotId } from '@holdfast/shared-types'
import { openOwnDomainKeys } from '../identity/own-domain-keys.ts'
import type { OpenedSnapshot } from '../runs/open-snapshot.ts'
import type { HubAccess } from './with-hub.ts'

/**
 * Opens a snapshot of this device from its private vault here: the hub hands out ciphertext, and is told no path.
 * @throws AppError `vault.keys-awaited`, `snapshot.not-found`; EngineError `snapshot.*`
 */
export async function openPrivateSnapshot({ agent, client }: HubAccess, snapshotId: SnapshotId): Promise<OpenedSnapshot> {
  const keys = await openOwnDomainKeys(agent)
  const params = { snapshotId }
  const object = decodeSnapshotObject(await client.call('getStoredSnapshot', { params }))
  if (toHex(object.header.snapshotId) !== snapshotId || uuidFromBytes(object.header.agentId) !== agent.identity.agentId)
    throw new EngineError('snapshot.invalid', 'The hub sent another snapshot than the one asked for.')
  await verifySnapshotSignature(nodePrimitives, object, rawPublicKey(agent.keys.signKey))
  const body = await openSnapshotBody(nodePrimitives, object, keys)
  const ports = {
    locate: (ids: Uint8Array) => client.call('locateSnapshotBlobs', { params, body: ids }),
    readSegments: (places: Uint8Array) => client.call('readSnapshotSegments', { params, body: places }),
  }
  return { keys, body, source: new RemoteSource(keys, ports, new InlineOpener(keys), smallReadRoom) }
}
