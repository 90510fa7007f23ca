import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto'
import { toBase64Url } from '@holdfast/engine/bytes'
import { uuidToBytes } from '@holdfast/engine/format'
import { sealSelection } from '@holdfast/engine/unlock'
import { nodePrimitives, rawPublicKey } from '@holdfast/engine/vault'
import { AgentId, SnapshotId, type RestoreRequest, type RestoreSelection } from '@holdfast/shared-types'
import { expect, test } from 'vitest'
import { FakeVault } from '../../test/fake-vault.ts'
import type { RunContext } from './run-context.ts'
import { withOpenedChoice } from './sealed-choice.ts'

const { keys } = new FakeVault()
const agentId = AgentId.parse(randomUUID())
const { privateKey, publicKey } = generateKeyPairSync('x25519')
const boxKey = privateKey.export({ format: 'der', type: 'pkcs8' })
const aSnapshotId = (): SnapshotId => SnapshotId.parse(randomBytes(16).toString('hex'))

let used: unknown[] = []
const context = {
  order: { agentId, boxKey },
  hub: {
    ask(name: string, ask: unknown) {
      used.push([name, ask])
      return Promise.resolve(null)
    },
  },
} as unknown as RunContext
const opened = (request: RestoreRequest): Promise<RestoreRequest> => withOpenedChoice(context, request, { keys, isPrivate: true })

async function sealed(restore: RestoreSelection): Promise<string> {
  const to = { agentId: uuidToBytes(agentId), boxPublicKey: rawPublicKey(publicKey) }
  return toBase64Url(await sealSelection(nodePrimitives, keys, to, Buffer.from(JSON.stringify(restore))))
}

const chosen: RestoreSelection = {
  snapshotId: aSnapshotId(),
  target: { path: '/t' },
  flat: false,
  paths: [{ path: '/a' }],
  include: ['*.txt'],
}
const careful: RestoreSelection = { ...chosen, conflict: 'skip', dryRun: true, withDeleted: true }

/** The order as it is passed on by an honest hub. */
async function orderOf(restore: RestoreSelection, sealedSelection: Promise<string>): Promise<RestoreRequest> {
  const { paths: _, include: __, ...terms } = restore
  return { kind: 'restore', ...terms, paths: [], sealedSelection: await sealedSelection }
}

test.each<[string, RestoreSelection, Partial<RestoreRequest>]>([
  ['another snapshot', chosen, { snapshotId: aSnapshotId() }],
  ['another place', chosen, { target: { path: '/u' } }],
  ['another place behind the same text', chosen, { target: { path: '/t', pathBase64: btoa('/u') } }],
  ['the original place', chosen, { target: null }],
  ['a place for what was to go to the original one', { ...chosen, target: null }, { target: { path: '/t' } }],
  ['a flat restore', chosen, { flat: true }],
  ['another way to meet what is there', chosen, { conflict: 'overwrite' }],
  ['the usual way to meet what is there', careful, { conflict: undefined }],
  ['a dry run', chosen, { dryRun: true }],
  ['the real thing', careful, { dryRun: undefined }],
  ['deleted files as well', chosen, { withDeleted: true }],
  ['no deleted files', careful, { withDeleted: false }],
])('%s is refused, and the choice is not used up', async (_, restore, change) => {
  used = []
  const honest = await orderOf(restore, sealed(restore))
  await expect(opened({ ...honest, ...change })).rejects.toMatchObject({ code: 'restore.order-changed' })
  expect(used).toEqual([])
  expect(await opened(honest)).toMatchObject({ ...restore, kind: 'restore' })
  expect(used).toEqual([['selection.use', Buffer.from(honest.sealedSelection!, 'base64url').toString('hex', 0, 16)]])
})

test('what goes without saying may be said or left out', async () => {
  const loud: RestoreSelection = { ...chosen, conflict: 'overwrite-different', dryRun: false, withDeleted: false }
  await expect(opened(await orderOf(chosen, sealed(loud)))).resolves.toMatchObject({ paths: chosen.paths })
  await expect(opened(await orderOf(loud, sealed(chosen)))).resolves.toMatchObject({ paths: chosen.paths })
  // A hub says the same place one way.
  const root: RestoreSelection = { ...chosen, target: { path: '/./' } }
  await expect(opened(await orderOf({ ...chosen, target: null }, sealed(root)))).resolves.toMatchObject({ target: null })
})

test('everything is restored where everything was sealed, and not where nothing was', async () => {
  const everything: RestoreSelection = { ...chosen, paths: [], include: [] }
  const order = await orderOf(everything, sealed(everything))
  expect(await opened(order)).toMatchObject({ paths: [], include: [] })
  const { sealedSelection: _, ...unsealed } = order
  await expect(opened(unsealed)).rejects.toMatchObject({ code: 'vault.private' })
  await expect(withOpenedChoice(context, unsealed, { keys, isPrivate: false })).resolves.toBe(unsealed)
})
