import type { Account, ApiToken, AuditEntry, Health, SignIn, User } from '@holdfast/shared-types'
import { anAccount, anUuid, day, hour, minute, type World } from './world.ts'

const people = (now: number): Account[] => [
  anAccount({ name: 'Grace Hopper', email: 'grace@example.org', role: 'operator', lastSeenAtMs: now - 3 * hour }),
  anAccount({ name: 'Linus', email: 'linus@example.org', role: 'viewer', hasPassword: false, lastSeenAtMs: null }),
  anAccount({ name: 'Margaret Hamilton', email: 'margaret@example.org', role: 'admin', lastSeenAtMs: now - 2 * day }),
  anAccount({ name: 'Night watch', email: 'noc@example.org', role: 'viewer', lastSeenAtMs: null }),
  anAccount({
    name: 'Wolfeschlegelsteinhausenbergerdorff the Younger',
    email: 'a-rather-long-address-of-somebody@subsidiary.example.org',
    role: 'operator',
    disabledAtMs: now - 9 * day,
    lastSeenAtMs: null,
  }),
]

function tokens(user: User, grace: Account, now: number): ApiToken[] {
  const token = (name: string, given: Partial<ApiToken>): ApiToken => ({
    id: anUuid(),
    name,
    scope: 'read',
    ownerId: user.id,
    ownerName: user.name,
    beginsWith: 'hft_8Kd2',
    createdAtMs: now - 90 * day,
    expiresAtMs: now + 275 * day,
    lastUsedAtMs: now - 20_000,
    lastUsedAddress: '10.0.4.17',
    revokedAtMs: null,
    ...given,
  })
  return [
    token('monitoring', {}),
    token('nightly script on build-03', { scope: 'run', beginsWith: 'hft_t0Qz', expiresAtMs: now + 6 * day, lastUsedAtMs: now - 9 * hour }),
    token('terraform', { scope: 'admin', beginsWith: 'hft_Zc9r', expiresAtMs: null, lastUsedAtMs: null, lastUsedAddress: null }),
    token('Grace’s dashboard', { ownerId: grace.id, ownerName: grace.name, beginsWith: 'hft_pW1e' }),
    token('old monitoring', { revokedAtMs: now - 12 * day, beginsWith: 'hft_aa7L' }),
    token('trial', { expiresAtMs: now - 30 * day, beginsWith: 'hft_33mo', lastUsedAtMs: null }),
  ]
}

const signIns = (now: number): SignIn[] =>
  [
    { device: 'Firefox 142 on Linux', address: '10.0.4.12', ago: 0 },
    { device: 'Chrome 140 on Android', address: '2001:db8:4711:12::9', ago: 3 * hour },
    { device: null, address: '203.0.113.80', ago: 2 * day },
  ].map(({ device, address, ago }, index) => ({
    id: String(index).repeat(64),
    device,
    address,
    createdAtMs: now - ago - day,
    lastSeenAtMs: now - ago,
    expiresAtMs: now - ago + 5 * day,
    isCurrent: index === 0,
  }))

const silent = { code: null, params: {}, message: null, cure: null }
const health: Health = {
  status: 'ok',
  checks: { database: 'ok', store: 'ok' },
  details: {
    version: '0.1.0',
    uptimeMs: 3 * day + 4 * hour,
    checks: {
      database: { status: 'ok', latencyMs: 1, ...silent },
      store: { status: 'ok', latencyMs: 14, ...silent },
      logs: { status: 'ok', latencyMs: null, ...silent },
      certificate: {
        status: 'warning',
        latencyMs: null,
        code: 'certificate.expires-soon',
        params: { validToMs: Date.UTC(2026, 11, 1) },
        message: 'The certificate expires at 2026-12-01T00:00:00.000Z.',
        cure: 'Renew it; the hub takes the new files by itself.',
      },
    },
  },
}

type Line = readonly [
  action: string,
  given: Partial<Omit<AuditEntry, 'object'>> & {
    readonly object?: readonly [NonNullable<AuditEntry['object']>['kind'], string, string | null]
  },
]

function audit(user: User, grace: Account, deviceId: string, now: number): AuditEntry[] {
  const nobody = { kind: 'nobody', id: null, name: null, viaTokenId: null } as const
  const ofGrace = { kind: 'person', id: grace.id, name: grace.name, viaTokenId: null } as const
  const commandLine = { kind: 'command-line', id: null, name: null, viaTokenId: null } as const
  const lines: Line[] = [
    ['updateUser', { object: ['account', grace.id, grace.name], details: { changed: 'role', roleBefore: 'viewer', role: 'operator' } }],
    ['startRun', { actor: { ...ofGrace, viaTokenId: anUuid() }, object: ['device', deviceId, 'atlas'], details: { kind: 'backup' } }],
    ['removeUser', { object: ['account', user.id, user.name], outcome: 'refused', code: 'account.last-admin' }],
    [
      'signIn',
      { actor: nobody, object: ['account', grace.id, grace.name], outcome: 'refused', code: 'sign-in.failed', address: '203.0.113.80' },
    ],
    [
      'signIn',
      { actor: nobody, object: ['account', grace.id, grace.name], outcome: 'refused', code: 'sign-in.failed', address: '203.0.113.80' },
    ],
    ['signIn', { actor: ofGrace, object: ['account', grace.id, grace.name], address: '10.0.4.31' }],
    ['createMyToken', { object: ['api-token', anUuid(), 'nightly script on build-03'], details: { scope: 'run', owner: user.name } }],
    ['testStore', { outcome: 'failed', code: 'store.unavailable' }],
    ['createUser', { object: ['account', grace.id, grace.name], details: { role: 'viewer' } }],
    [
      'enrol',
      {
        actor: { kind: 'device', id: deviceId, name: 'atlas', viaTokenId: null },
        object: ['device', deviceId, 'atlas'],
        address: '10.0.4.40',
      },
    ],
    ['command:enrol-token.create', { actor: commandLine, address: null, requestId: null }],
    ['moonLanding', { object: ['other', 'moon', null] }],
  ]
  return Array.from({ length: 260 }, (_, index): AuditEntry => {
    const [action, given] = lines[index % lines.length] as Line
    const { object, ...rest } = given
    return {
      id: 5_000 - index,
      atMs: now - index * 47 * minute - 20_000,
      actor: { kind: 'person', id: user.id, name: user.name, viaTokenId: null },
      action,
      address: '10.0.4.12',
      outcome: 'done',
      code: null,
      requestId: `0199f3c2-5b1e-7c1a-9d55-${String(index).padStart(12, '0')}`,
      details: {},
      ...rest,
      object: object === undefined ? null : { kind: object[0], id: object[1], name: object[2] },
    }
  })
}

/** People, what they may, and what they did. */
export function peopleOfGallery(user: User, deviceId: string): Pick<World, 'otherPeople' | 'tokens' | 'signIns' | 'audit' | 'health'> {
  const now = Date.now()
  const otherPeople = people(now)
  const [grace] = otherPeople as [Account]
  return {
    otherPeople,
    tokens: tokens(user, grace, now),
    signIns: signIns(now),
    audit: audit(user, grace, deviceId, now),
    health: structuredClone(health),
  }
}
