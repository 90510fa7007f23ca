import { createHash } from 'node:crypto'
import { fromBase64Url, toHex } from '@holdfast/engine/bytes'
import { AppError, type DomainId, type SnapshotId, type VaultId } from '@holdfast/shared-types'
import type { SealedDevice, SealedVault } from '../sealed-vault.ts'
import { aDevice, aVault, aVaultUsage } from '../world.ts'
import { found, type AnswerParts, type Answers } from './answers.ts'

const fingerprintOf = ({ signPublicKey, boxPublicKey }: SealedDevice): string =>
  (
    toHex(
      createHash('sha256').update('holdfast-device-1\n').update(fromBase64Url(signPublicKey)).update(fromBase64Url(boxPublicKey)).digest(),
    )
      .slice(0, 20)
      .match(/.{4}/g) ?? []
  ).join('-')

const kinds = { 2: 'passphrase', 3: 'recovery-words' } as const

/** Private vaults: really sealed ones of `world.sealedVaults`, and those that a page makes. */
export const privateVaultsAnswers = ({ world, tell }: AnswerParts): Answers => {
  const vaultOf = (vaultId: VaultId): SealedVault =>
    found(
      world.sealedVaults.find(({ id }) => id === vaultId),
      'vault.not-found',
    )
  const vaultWith = (snapshotId: SnapshotId): SealedVault =>
    found(
      world.sealedVaults.find(({ snapshots }) => snapshots.has(snapshotId)),
      'snapshot.not-found',
    )
  return {
    createVault: ({ body: { name, vaultId } }) => {
      const vault = aVault({ id: vaultId, name, kind: 'private', snapshots: 0, bytesStored: 0, packs: 0 })
      world.vaultDetails.push(vault)
      world.vaultUsages.push(aVaultUsage({ vaultId, distinct: null, distinctState: 'private' }))
      return vault
    },
    getKeyObjects: ({ params }) => {
      const { vaultFile, slots, agents } = vaultOf(params.vaultId)
      return { vaultFile, slots, agents }
    },
    addKeySlot: ({ params, body: { slotId, bytes } }) => {
      const kind = kinds[fromBase64Url(bytes)[10] as keyof typeof kinds]
      vaultOf(params.vaultId).slots.push({ slotId, bytes, kind })
      return {}
    },
    removeKeySlot: ({ params }) => {
      const { slots } = vaultOf(params.vaultId)
      const place = slots.findIndex(({ slotId }) => slotId === params.slotId)
      if (place === -1) throw new AppError('vault.slot-not-found')
      if (slots.filter(({ kind }) => kind === slots[place]?.kind).length === 1) throw new AppError('vault.slot-needed')
      slots.splice(place, 1)
      return {}
    },
    listWaitingDevices: ({ params }) => {
      const { waiting, domainId } = vaultOf(params.vaultId)
      return {
        items: waiting.map((device) => {
          const { agentId, name, signPublicKey, boxPublicKey, boxSignature, enrolledAtMs } = device
          const keys = { signPublicKey, boxPublicKey, boxSignature, fingerprint: fingerprintOf(device) }
          return { agentId, name, domainId: domainId as DomainId, ...keys, enrolledAtMs }
        }),
      }
    },
    giveDeviceKeys: ({ params, body }) => {
      const vault = vaultOf(params.vaultId)
      const place = vault.waiting.findIndex(({ agentId }) => agentId === params.agentId)
      const [device] = place === -1 ? [] : vault.waiting.splice(place, 1)
      vault.agents.push({ agentId: params.agentId, agentObject: body.agentObject })
      const known = aDevice({ id: params.agentId, name: device?.name ?? '', vaultId: params.vaultId })
      tell('devices', { type: 'device.changed', body: known })
      return known
    },
    getStoredSnapshot: ({ params }) => found(vaultWith(params.snapshotId).snapshots.get(params.snapshotId), 'snapshot.not-found') as never,
    locateSnapshotBlobs: ({ params, body }) => vaultWith(params.snapshotId).locate(body as never) as never,
    readSnapshotSegments: ({ params, body }) => vaultWith(params.snapshotId).readSegments(body as never) as never,
  }
}
