import { randomBytes, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { api, Problem, type OperationId, type Run, type RouteContract, type TokenScope, type UserRole } from '@holdfast/shared-types'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  agentMessageRules,
  liveEventRules,
  restRules,
  topicRules,
  uiRequestRules,
  type AccessRule,
  type RestRule,
} from '../src/platform/access/access-rules.ts'
import { agentToHub, type AgentToHubType } from '../src/platform/http/define-feature.ts'
import type { FakeAgent } from './fake-agent.ts'
import { TestHub } from './test-hub.ts'
import { addPerson, addToken, openLive } from './test-people.ts'

/*
 * Every call, every request of the live connection, every topic and every message of an agent, by every kind of caller, against the
 * table. What the table says is computed here a second time and in other words than in require-access.ts.
 */

let hub: TestHub
let own: FakeAgent
let foreign: FakeAgent
let run: Run

interface Caller {
  readonly name: string
  readonly headers: () => Promise<Record<string, string>>
  readonly may: (rule: AccessRule) => boolean
}
const callers = new Map<string, Caller>()

const roles: readonly UserRole[] = ['viewer', 'operator', 'admin']
const scopes: readonly TokenScope[] = ['read', 'run', 'admin']
const callerNames = [
  'nobody',
  ...roles,
  ...scopes.map((scope) => `${scope} token`),
  'admin token of a demoted administrator',
  'agent',
  'revoked agent',
  'disabled account',
  'token of a disabled account',
]

const isAtLeast = <T extends string>(order: readonly T[], has: T, needs: T | undefined): boolean =>
  needs !== undefined && order.indexOf(has) >= order.indexOf(needs)
const mayAsPerson = (role: UserRole) => (rule: AccessRule) => rule.isOpen === true || isAtLeast(roles, role, rule.person)
const mayWithToken = (role: UserRole, scope: TokenScope) => (rule: AccessRule) =>
  rule.isOpen === true || (isAtLeast(roles, role, rule.person) && isAtLeast(scopes, scope, rule.token))
const mayOpenOnly = (rule: AccessRule) => rule.isOpen === true

function add(name: string, headers: () => Record<string, string> | Promise<Record<string, string>>, may: Caller['may']): void {
  callers.set(name, { name, headers: async () => headers(), may })
}
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

beforeAll(async () => {
  // Twelve callers from one address ask for more than signing in takes from one.
  hub = await TestHub.start({ env: { HOLDFAST_RATE_LIMIT: '0' } })
  own = await hub.enrol('own')
  foreign = await hub.enrol('foreign')
  const revoked = await hub.enrol('revoked')
  await hub.json(hub.post(`/api/v1/devices/${revoked.agentId}/revoke`, {}))
  await own.link()
  await foreign.link()
  run = await hub.startRun(own.agentId)
  while ((await hub.run(run.id)).state !== 'running') await sleep(20)

  add('nobody', () => ({}), mayOpenOnly)
  for (const role of roles) {
    const person = await addPerson(hub, role)
    add(role, () => ({ cookie: person.cookie }), mayAsPerson(role))
  }
  const owner = await addPerson(hub, 'admin', 'owner')
  for (const scope of scopes) {
    const { token } = await addToken(hub, owner.cookie, scope)
    add(`${scope} token`, () => bearer(token), mayWithToken('admin', scope))
  }
  const demoted = await addPerson(hub, 'admin', 'demoted')
  const { token: wide } = await addToken(hub, demoted.cookie, 'admin')
  await hub.json(hub.post(`/api/v1/users/${demoted.account.id}`, { role: 'viewer' }, undefined, 'PATCH'))
  add('admin token of a demoted administrator', () => bearer(wide), mayWithToken('viewer', 'admin'))
  add(
    'agent',
    async () => bearer(await own.token()),
    (rule) => rule.isOpen === true || rule.agent === true,
  )
  add('revoked agent', async () => bearer(await revoked.token()), mayOpenOnly)
  const disabled = await addPerson(hub, 'admin', 'disabled')
  const { token: dead } = await addToken(hub, disabled.cookie, 'admin')
  await hub.json(hub.post(`/api/v1/users/${disabled.account.id}/disable`, {}))
  add('disabled account', () => ({ cookie: disabled.cookie }), mayOpenOnly)
  add('token of a disabled account', () => bearer(dead), mayOpenOnly)
})
afterAll(() => hub.stop())

/** Refusals that are about who asks; everything else was let through. */
const refusals = new Set(['sign-in.required', 'access.denied', 'token.invalid', 'token.scope-too-small', 'agent.revoked'])

const someParams: Readonly<Record<string, () => string>> = {
  agentId: randomUUID,
  runId: randomUUID,
  vaultId: randomUUID,
  planId: randomUUID,
  purgeId: randomUUID,
  waitId: randomUUID,
  measurementId: randomUUID,
  kind: () => 'list',
  userId: randomUUID,
  tokenId: randomUUID,
  sessionId: randomUUID,
  packId: () => randomBytes(16).toString('hex'),
  snapshotId: () => randomBytes(16).toString('hex'),
  snapshot: () => 'latest',
  slotId: () => randomBytes(16).toString('hex'),
  signInId: () => randomBytes(32).toString('hex'),
}
/** A parameter that is not known here would be asked with nothing and could not be told from a refusal. */
const fill = (path: string, known: Readonly<Record<string, string>> = {}): string =>
  path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = known[name] ?? someParams[name]?.()
    if (value === undefined) throw new Error(`Say in someParams what ${name} may be.`)
    return value
  })

const send = (contract: RouteContract, headers: Record<string, string>, known?: Readonly<Record<string, string>>): Promise<Response> =>
  fetch(hub.origin + fill(contract.path, known), {
    method: contract.method.toUpperCase(),
    headers: { ...headers, ...(contract.body === undefined || contract.body === 'bytes' ? {} : { 'content-type': 'application/json' }) },
    ...(contract.body === undefined ? {} : { body: contract.body === 'bytes' ? 'x' : '{}' }),
  })
async function codeOf(answer: Response): Promise<string | null> {
  if (!answer.ok) return Problem.parse(await answer.json()).code
  await answer.arrayBuffer()
  return null
}

// Signing out last: it ends the sign-in by which the others are asked.
const operations = (Object.keys(api) as OperationId[]).toSorted((a, b) => Number(a === 'signOut') - Number(b === 'signOut'))

describe.each(callerNames)('%s', (name) => {
  test('may call exactly what the table says', async () => {
    const caller = callers.get(name) as Caller
    const told: Record<string, string | null> = {}
    const wanted: Record<string, boolean> = {}
    for (const operationId of operations) {
      told[operationId] = await codeOf(await send(api[operationId], await caller.headers()))
      wanted[operationId] = caller.may(restRules[operationId])
    }
    const let_in = Object.fromEntries(operations.map((id) => [id, !refusals.has(told[id] ?? '')]))
    expect(let_in).toEqual(wanted)
  })
})

describe('the live connection', () => {
  test.each(callerNames)('takes from %s what the table says', async (name) => {
    // Its cookie was signed out by the walk above where it had one.
    const role = roles.find((known) => known === name)
    const fresh = role === undefined ? null : (await addPerson(hub, role)).cookie
    const caller = callers.get(name) as Caller
    const { socket, answer } = await openLive(hub, fresh === null ? await caller.headers() : { cookie: fresh })
    expect([answer === 'connected', answer === 'connected' || refusals.has(answer)]).toEqual([caller.may(uiRequestRules.connect), true])
    if (answer === 'connected') {
      const topics = {
        devices: 'devices',
        plans: 'plans',
        runs: 'runs',
        run: `run:${run.id}`,
        snapshots: 'snapshots',
        measurement: `measurement:${randomUUID()}`,
      } satisfies Record<keyof typeof topicRules, string>
      for (const [kind, topic] of Object.entries(topics) as [keyof typeof topicRules, string][]) {
        const ack = (await socket.timeout(20_000).emitWithAck('subscribe', { topic })) as { ok: boolean; error?: { code: string } }
        // Who is let in is told that there is no such measurement.
        const isLetIn = ack.ok || !refusals.has(ack.error?.code ?? '')
        expect([kind, isLetIn]).toEqual([kind, caller.may(uiRequestRules.subscribe) && caller.may(topicRules[kind])])
        expect(await socket.timeout(20_000).emitWithAck('unsubscribe', { topic })).toMatchObject({
          ok: caller.may(uiRequestRules.unsubscribe),
        })
      }
    }
    socket.disconnect()
  })

  test('tells everybody with an account all, but what lies on devices', () => {
    const { measurement, ...topics } = topicRules
    const { 'measurement.changed': changed, ...events } = liveEventRules
    for (const rule of [...Object.values(uiRequestRules), ...Object.values(topics), ...Object.values(events)])
      expect(rule).toEqual({ person: 'viewer', token: 'read' })
    for (const rule of [measurement, changed]) expect(rule).toEqual({ person: 'operator', token: 'admin' })
  })
})

describe('what is another device\u2019s', () => {
  const aboutAgent = operations.filter((id) => (restRules[id] as RestRule).agent === true && /\{(agentId|runId)\}/.test(api[id].path))

  test.each(aboutAgent)('is not there for a foreign agent: %s', async (operationId) => {
    const known = { agentId: own.agentId, runId: run.id }
    const contract: RouteContract = api[operationId]
    const body = operationId === 'startRun' ? JSON.stringify({ kind: 'backup', sources: [{ path: '/x' }] }) : null
    const answer = await (body === null
      ? send(contract, bearer(await foreign.token()), known)
      : fetch(hub.origin + fill(contract.path, known), {
          method: 'POST',
          body,
          headers: { ...bearer(await foreign.token()), 'content-type': 'application/json' },
        }))
    expect(await codeOf(answer)).toMatch(/^(agent|run)\.not-found$/)
    expect((await hub.run(run.id)).state).toBe('running')
  })

  const messages = Object.keys(agentMessageRules) as AgentToHubType[]
  const sample = {
    phase: 'scanning',
    filesDone: 0,
    bytesDone: 0,
    filesTotal: null,
    bytesTotal: null,
    filesRead: 0,
    bytesRead: 0,
    bytesStored: 0,
    warnings: 0,
    currentPath: null,
    elapsedMs: 0,
  }
  const line = { n: 1, atMs: 1, level: 'info', event: 'x', message: 'x', path: null }
  const bodyOf = (type: AgentToHubType): unknown => {
    const ofRun = { runId: run.id, fence: 1 }
    const bodies: Record<AgentToHubType, unknown> = {
      'run.progress': { ...ofRun, sample },
      'run.log': { ...ofRun, lines: [line] },
      'run.finished': { ...ofRun, outcome: 'failed', result: null, error: null, warnings: [], warningCount: 0 },
      'session.open': { ...ofRun, vaultId: own.answer?.vaultId },
      'session.have': { sessionId: randomUUID(), fence: 1, ids: Buffer.alloc(32) },
      'vault.unseal': ofRun,
      'host.measured': { measurementId: randomUUID(), sample: null, error: null },
    }
    return bodies[type]
  }

  test('the table has a line for each message that an agent may send', () => {
    expect(messages.toSorted((a, b) => a.localeCompare(b))).toEqual(Object.keys(agentToHub).toSorted((a, b) => a.localeCompare(b)))
  })

  test.each(messages)('is not there for the message %s of a foreign agent, and nobody may send it before the hello', async (type) => {
    const [before, body] = [await hub.sql('select count(*) as lines from run_log'), bodyOf(type)]
    const notFound = { ok: false, error: { code: agentMessageRules[type].agent === 'own-run' ? 'run.not-found' : 'session.not-found' } }
    // Samples of what is not its own are answered with the order to let it be.
    const isLetBe = type === 'run.progress' || type === 'host.measured'
    expect(await foreign.send(type, body)).toMatchObject(isLetBe ? { ok: true, body: { goOn: false } } : notFound)
    const stranger = await hub.enrol('silent')
    await stranger.dial()
    await expect(
      stranger.socket?.timeout(300).emitWithAck('message', { v: 1, id: randomUUID(), type, sentAtMs: 1, body }),
    ).rejects.toThrow()
    await stranger.close()
    expect(await hub.sql('select count(*) as lines from run_log')).toEqual(before)
    expect(await hub.run(run.id)).toMatchObject({ state: 'running', progress: null })
  })
})

describe('the table', () => {
  const rules = Object.entries(restRules) as [OperationId, RestRule][]
  const changing = rules.filter(([id]) => api[id].method !== 'get')

  test('puts on record whatever changes something, but for the data of backups, the names for a download and what only looks', () => {
    const silent = changing.filter(([, rule]) => rule.isAudited !== true).map(([id]) => id)
    expect(silent).toEqual([
      'previewRetention',
      'previewVersionLimit',
      'previewPurge',
      'previewDeletion',
      'prepareZip',
      'locateSnapshotBlobs',
      'readSnapshotSegments',
      'putPack',
      'commitSession',
      'locateBlobs',
      'readSegments',
    ])
  })

  test('lets viewers change nothing but what is their own', () => {
    const mayViewer = changing.filter(([, rule]) => rule.person === 'viewer').map(([id]) => id)
    expect(mayViewer).toEqual([
      'signOut',
      'setCredentials',
      'endMySignIn',
      'endMyOtherSignIns',
      'createMyToken',
      'revokeMyToken',
      'previewRetention',
      'previewVersionLimit',
      'prepareZip',
      'locateSnapshotBlobs',
      'readSnapshotSegments',
    ])
  })

  test('lets operators arrange plans and runs, look into devices, set what devices may use, keep snapshots, and nothing of people or tokens', () => {
    expect(rules.filter(([, rule]) => rule.person === 'operator').map(([id]) => id)).toEqual([
      'updateDevice',
      'listHostEntries',
      'startMeasurement',
      'getMeasurement',
      'cancelMeasurement',
      'createPlan',
      'updatePlan',
      'deletePlan',
      'applyPlanRetention',
      'refuseRetention',
      'acceptPlanSize',
      'startPlanRun',
      'startRun',
      'cancelRun',
      'pauseRun',
      'resumeRun',
      'undeleteSnapshots',
      'holdSnapshot',
    ])
  })

  test('gives no token what would make its access last or widen it', () => {
    const noToken = rules.filter(([, rule]) => rule.person !== undefined && rule.token === undefined).map(([id]) => id)
    expect(noToken).toEqual([
      'signOut',
      'setCredentials',
      'listMySignIns',
      'endMySignIn',
      'endMyOtherSignIns',
      'listMyTokens',
      'createMyToken',
      'revokeMyToken',
      'exportRecoveryKey',
      'confirmRecoveryKey',
      'testRecoveryKey',
      'createVault',
      'addKeySlot',
      'removeKeySlot',
      'giveDeviceKeys',
    ])
  })

  test('limits everything but the data of agents, what is as sealed and as much, and what watches the hub', () => {
    expect(rules.filter(([, rule]) => rule.limit === 'none').map(([id]) => id)).toEqual([
      'healthLive',
      'healthReady',
      'health',
      'getStoredSnapshot',
      'locateSnapshotBlobs',
      'readSnapshotSegments',
      'putPack',
      'commitSession',
      'getSnapshotObject',
      'getSnapshotSigner',
      'locateBlobs',
      'readSegments',
    ])
  })
})
