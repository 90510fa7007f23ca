import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { holdfast } from '../../test/a-command-line.ts'
import { aFolder, aLink, anEnrolledAgent, aService, type TestFolder } from '../../test/an-agent.ts'
import { aBackupOf, endOf } from '../../test/a-run.ts'
import { FakeHub } from '../../test/fake-hub.ts'
import { OwnAuthority } from '../../test/own-authority.ts'
import { changeHubUrl } from '../enrolment/change-hub-url.ts'
import { loadEnrolledAgent } from '../identity/identity.ts'
import type { LinkState } from './hub-link.ts'

let folder: TestFolder
let authority: OwnAuthority
let hub: FakeHub
let ca = ''

const hubWith = ({ certificateFile, keyFile }: { certificateFile: string; keyFile: string }, port = 0): Promise<FakeHub> =>
  FakeHub.start(port, { cert: readFileSync(certificateFile, 'utf8'), key: readFileSync(keyFile, 'utf8') })

beforeEach(async () => {
  folder = aFolder()
  authority = new OwnAuthority(folder.path)
  ca = readFileSync(authority.caFile, 'utf8')
  hub = await hubWith(authority.sign('hub'))
})
afterEach(async () => {
  await hub.close()
  folder.remove()
})

test('a device that was given its hub\u2019s own authority enrols, links and backs up over TLS', async () => {
  const device = await anEnrolledAgent(hub, join(folder.path, 'state'), { authority: ca })
  expect(device.agent.identity).toMatchObject({ hubUrl: hub.url, authority: ca })
  const service = await aService(device)
  try {
    await service.link.whenConnected()
    writeFileSync(join(folder.path, 'note'), 'kept')
    const runId = await hub.begin(aBackupOf(hub, join(folder.path, 'note')))
    expect((await endOf(hub, runId)).body).toMatchObject({ outcome: 'succeeded', result: { files: 1 } })
    expect(hub.vault.packs.size).toBe(1)
  } finally {
    await service.close()
  }
})

test('without it, or with another one, enrolling is refused with the cure, and nothing is left of the try', async () => {
  const other = readFileSync(new OwnAuthority(folder.path, 'other').caFile, 'utf8')
  for (const wrong of [undefined, other])
    await expect(anEnrolledAgent(hub, join(folder.path, 'state'), wrong === undefined ? {} : { authority: wrong })).rejects.toMatchObject({
      code: 'hub.certificate-untrusted',
      cure: expect.stringContaining('--ca FILE') as string,
    })
  expect(hub.devices.size).toBe(0)
  expect((await anEnrolledAgent(hub, join(folder.path, 'state'), { authority: ca })).agent.identity.name).toBe('test-device')
})

test.each([
  ['for another name', { altName: 'DNS:backup.example.org' }, /another name/],
  ['that has expired', { days: -1 }, /expired/],
])('a certificate %s is refused in its own words', async (_, change, message) => {
  await hub.close()
  hub = await hubWith(authority.sign('changed', change))
  await expect(anEnrolledAgent(hub, join(folder.path, 'state'), { authority: ca })).rejects.toMatchObject({
    code: 'hub.certificate-untrusted',
    message: expect.stringMatching(message) as string,
  })
})

test('a hub that comes back with a certificate of nobody\u2019s is refused on the link too, until the device is told its authority', async () => {
  const device = await anEnrolledAgent(hub, join(folder.path, 'state'), { authority: ca })
  const next = new OwnAuthority(folder.path, 'next')
  const certificate = next.sign('next-hub')
  const { hubId, port } = hub
  await hub.close()
  hub = await hubWith(certificate, port)
  const states: LinkState[] = []
  const link = aLink(device, { authority: ca, hubId, onState: (state) => void states.push(state) })
  link.start()
  await hub.until(() => states.some(({ problem }) => problem?.code === 'hub.certificate-untrusted'), 'the refusal')
  expect(states.find(({ problem }) => problem !== null)).toMatchObject({ state: 'refused', problem: { code: 'hub.certificate-untrusted' } })
  expect(hub.hellos).toEqual([])
  await link.close()

  await changeHubUrl(device.folders, { hubUrl: hub.url, authority: readFileSync(next.caFile, 'utf8') })
  const { identity } = await loadEnrolledAgent(device.folders)
  const seen: LinkState[] = []
  const trusting = aLink(device, { authority: identity.authority, onState: (state) => void seen.push(state) })
  trusting.start()
  // It is another hub by its id: that this can be told at all shows that the certificate was taken.
  await hub.until(() => seen.some(({ problem }) => problem?.code === 'agent.identity-invalid'), 'the greeting')
  await trusting.close()
})

test('the command line takes a file, and says what is wrong with one', async () => {
  vi.stubEnv('HOLDFAST_AGENT_HOME', join(folder.path, 'cli-state'))
  try {
    const token = 'a-token-of-more-than-twenty-letters'
    hub.tokens.add(token)
    const enrol = (...more: string[]) => holdfast('enrol', hub.url, '--token', token, '--name', 'cli', '--json', ...more)
    const codeOf = ({ out }: { out: string }) => (JSON.parse(out) as { error: { code: string } }).error.code
    expect(codeOf(await enrol())).toBe('hub.certificate-untrusted')
    expect(codeOf(await enrol('--ca', join(folder.path, 'missing')))).toBe('command.invalid')
    writeFileSync(join(folder.path, 'no-certificate'), 'x')
    expect(codeOf(await enrol('--ca', join(folder.path, 'no-certificate')))).toBe('command.invalid')
    expect(codeOf(await holdfast('enrol', 'http://127.0.0.1:9', '--token', token, '--ca', authority.caFile, '--json'))).toBe(
      'command.invalid',
    )
    const enrolled = await enrol('--ca', authority.caFile)
    expect([enrolled.status, (JSON.parse(enrolled.out) as { name: string }).name]).toEqual([0, 'cli'])
  } finally {
    vi.unstubAllEnvs()
  }
})
