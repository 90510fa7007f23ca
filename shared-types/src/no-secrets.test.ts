import { expect, test } from 'vitest'
import { z } from 'zod'
import * as contract from './index.ts'

/*
 * No secret crosses a process by accident: every field of every contract whose name sounds like one is listed here, with the reason why
 * it may be there. A new one is a decision, made in this file.
 */
const allowed: Readonly<Record<string, string>> = {
  'api.signInWithLink.body.token': 'the one-time link, given back to the hub that made it',
  'api.signIn.body.password': 'how a person signs in',
  'api.setCredentials.body.password': 'how a person chooses a password',
  'api.setCredentials.body.currentPassword': 'proof of the owner',
  'api.createMyToken.response.apiToken': 'what there is to know of it besides itself',
  'api.createMyToken.response.token': 'shown once to who made it; only its hash is kept',
  'api.revokeMyToken.params.tokenId': 'names a token, and is none',
  'api.revokeToken.params.tokenId': 'names a token, and is none',
  'api.listAudit.response.items.actor.viaTokenId': 'names a token, and is none',
  'AuditActor.viaTokenId': 'as api.listAudit',
  'AuditEntry.actor.viaTokenId': 'as api.listAudit',
  'api.createEnrolmentToken.response.token': 'shown once to who asked for it; single use, one hour',
  'api.enrol.body.token': 'the same, given back by the new device',
  'api.enrol.body.signPublicKey': 'public half',
  'api.enrol.body.boxPublicKey': 'public half',
  'EnrolRequest.token': 'as api.enrol',
  'EnrolRequest.signPublicKey': 'public half',
  'EnrolRequest.boxPublicKey': 'public half',
  'agentRequests.session.open.ack.keyEpoch': 'a counter',
  'agentRequests.session.open.ack.sealedDomainKeys': 'sealed to the agent\u2019s own X25519 key',
  'agentRequests.vault.unseal.ack.keyEpoch': 'a counter',
  'agentRequests.vault.unseal.ack.sealedDomainKeys': 'sealed to the agent\u2019s own X25519 key',
  'agentMessages.session.open.ack.keyEpoch': 'as agentRequests',
  'agentMessages.session.open.ack.sealedDomainKeys': 'as agentRequests',
  'agentMessages.vault.unseal.ack.keyEpoch': 'as agentRequests',
  'agentMessages.vault.unseal.ack.sealedDomainKeys': 'as agentRequests',
  'api.getVault.response.recoveryKey': 'when a person exported it, and who',
  'api.updateVault.response.recoveryKey': 'as api.getVault',
  'api.confirmRecoveryKey.response.recoveryKey': 'as api.getVault',
  'VaultDetails.recoveryKey': 'as api.getVault',
  'api.exportRecoveryKey.body.currentPassword': 'proof of who asks for the words',
  'api.getSystem.response.vaultsWithoutRecoveryKey': 'ids of vaults',
  'api.createUser.body.currentPassword': 'proof of who makes an administrator',
  'api.updateUser.body.currentPassword': 'as api.createUser',
  'api.createSignInLink.body.currentPassword': 'as api.createUser',
  'api.createVault.body.hubKey': 'signs what a hub states, and opens nothing: derived one way from a master key that never travels',
  'api.createVault.body.currentPassword': 'proof of who asks',
  'api.addKeySlot.body.currentPassword': 'proof of who asks',
  'api.removeKeySlot.body.currentPassword': 'proof of who asks',
  'api.listWaitingDevices.response.items.signPublicKey': 'public half',
  'api.listWaitingDevices.response.items.boxPublicKey': 'public half',
  'api.giveDeviceKeys.body.sealedDomainKeys': 'sealed to the device\u2019s own X25519 key',
}
const soundsSecret = /pass(word|phrase)|secret|token|key|credential|private/i

/** Every named field below a value of the contract: schemas are opened, tables of schemas are walked. */
function walk(value: unknown, path: string, found: Map<string, string>, seen: ReadonlySet<unknown> = new Set()): void {
  if (typeof value !== 'object' || value === null || seen.has(value)) return
  const inside = new Set([...seen, value])
  if (value instanceof z.ZodType) return walkSchema(value, path, found, inside)
  for (const [name, child] of Object.entries(value)) walk(child, path === '' ? name : `${path}.${name}`, found, inside)
}

const isYesOrNo = (child: unknown): boolean =>
  child instanceof z.ZodBoolean || (child instanceof z.ZodDefault && child.def.innerType instanceof z.ZodBoolean)

function walkSchema(schema: z.ZodType, path: string, found: Map<string, string>, seen: ReadonlySet<unknown>): void {
  if (schema instanceof z.ZodObject) {
    for (const [name, child] of Object.entries(schema.shape)) {
      // Whether there is one is no secret.
      if (soundsSecret.test(name) && !isYesOrNo(child)) found.set(`${path}.${name}`, name)
      walk(child, `${path}.${name}`, found, seen)
    }
    return
  }
  // Wrappers, unions, arrays, records: whatever schemas their definition holds, under the same path.
  for (const part of Object.values(schema.def)) {
    for (const child of Array.isArray(part) ? part : [part])
      if (child instanceof z.ZodType) walkSchema(child, path, found, new Set([...seen, child]))
  }
}

const fieldsOf = (value: unknown): string[] => {
  const found = new Map<string, string>()
  walk(value, '', found)
  return [...found.keys()]
}

test('no contract has a field that sounds like a secret, but those with a reason', () => {
  expect(fieldsOf(contract).filter((field) => !Object.hasOwn(allowed, field))).toEqual([])
})

test('the list of reasons names nothing that is not there', () => {
  const found = new Set(fieldsOf(contract))
  expect(Object.keys(allowed).filter((field) => !found.has(field))).toEqual([])
})

test('the walk finds fields however deep they lie', () => {
  const deep = z.array(
    z.union([z.string(), z.object({ box: z.record(z.string(), z.object({ apiKey: z.string() }).nullable()).optional() })]),
  )
  expect(fieldsOf({ deep })).toEqual(['deep.box.apiKey'])
})
